package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
)

// call runs the program as a shell would.
func call(t *testing.T, environment map[string]string, in string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, env{
		get: func(name string) string { return environment[name] },
		in:  strings.NewReader(in),
		out: &out,
	})
	return out.String(), err
}

func TestMySQL_EscapedURI_IsDecoded(t *testing.T) {
	config, err := mysqlConfig("mysql://u%40x:p%2F1%3A%20%25@127.0.0.1:3307/my_db?charset=utf8mb4")
	if err != nil {
		t.Fatal(err)
	}
	got := []string{config.User, config.Passwd, config.Net, config.Addr, config.DBName}
	want := []string{"u@x", "p/1: %", "tcp", "127.0.0.1:3307", "my_db"}
	if !slices.Equal(got, want) {
		t.Errorf("mysqlConfig = %q, want %q", got, want)
	}
}

func TestMySQL_BadURI_IsAbsentFromErrors(t *testing.T) {
	for _, uri := range []string{"", "secret-1", "http://u:secret-1@h/", "mysql://secret-1", "mysql://u:secret-1%zz@h/d"} {
		_, err := call(t, map[string]string{"MYSQL_URI": uri}, "", "mysql")
		if !errors.Is(err, errUsage) || strings.Contains(err.Error(), "secret-1") {
			t.Errorf("mysql with the URI %q: %v, want errUsage without the URI", uri, err)
		}
	}
}

func TestMySQL_UnreachableServer_IsNoRefusal(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close() // the port is free now
	_, err = call(t, map[string]string{"MYSQL_URI": "mysql://u:p@" + address + "/d"}, "", "mysql")
	if code := exitCode(err); code != exitFailed {
		t.Errorf("exit code %d (%v), want %d: the walk-through must tell a dead server from a revoked login", code, err, exitFailed)
	}
}

func TestClient_WrongUse_IsTold(t *testing.T) {
	for _, args := range [][]string{nil, {"nope"}, {"oss"}, {"oss", "nope"}, {"mysql", "--nope"}} {
		if _, err := call(t, nil, "", args...); exitCode(err) != exitUsage {
			t.Errorf("client %q: %v, want a usage error", args, err)
		}
	}
}
