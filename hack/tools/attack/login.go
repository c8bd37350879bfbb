package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The bars of guessing.
const (
	mostGuesses  = 200  // a second
	mostLatency  = 50   // ms, of a good password
	mostLog      = 10e3 // bytes a second
	warmUp       = 2 * time.Second
	guessTime    = 5 * time.Second
	goodEvery    = 50 * time.Millisecond
	guessPatient = 20 * time.Second // for an answer
)

// attackLogin guesses passwords and operators' tokens from many connections, and
// measures guesses, good logins and the log meanwhile.
func attackLogin(ctx context.Context, l *lab) error {
	for _, port := range []struct {
		name, guess string
		address     func(*site) string
		path        string
		good        func(*http.Request)
	}{
		{"platforms", "Basic cGxhdGZvcm06d3Jvbmc=", func(s *site) string { return s.platforms }, "/v2/catalog", asPlatform},
		{"operators", "Bearer wrong", func(s *site) string { return s.ops }, "/operator/v1/counts", asOperator},
	} {
		guess := "GET " + port.path + " HTTP/1.1\r\nHost: x\r\nX-Broker-API-Version: 2.17\r\nAuthorization: " + port.guess + "\r\n\r\n"
		for _, crowd := range []struct {
			name    string
			count   int
			anew    bool
			patient time.Duration
		}{
			{"120 connections", 120, false, guessPatient},
			{"1,000 connections", 1000, false, guessPatient},
			{"ever new connections", 300, true, guessPatient},
			{"ever new connections, given up after 1 s", 300, true, time.Second},
		} {
			c := guessing{port.name + ", " + crowd.name, guess, crowd.count, crowd.anew, crowd.patient}
			if !l.isChosen(c.name) {
				continue
			}
			if err := l.guessCase(ctx, c, port.address, port.path, port.good); err != nil {
				return err
			}
		}
	}
	return l.shortPasswords(ctx)
}

func asOperator(r *http.Request) { r.Header.Set("Authorization", "Bearer "+opsToken) }

// A guessing is one crowd of guessers.
type guessing struct {
	name, request string
	count         int
	anew          bool // each guess has a connection of its own
	patient       time.Duration
}

func (l *lab) guessCase(ctx context.Context, c guessing, address func(*site) string, path string, good func(*http.Request)) error {
	s, err := l.start(ctx, setup{})
	if err != nil {
		return err
	}
	defer s.close()
	attack, end := context.WithCancel(ctx)
	defer end()
	var refused atomic.Int64
	var all sync.WaitGroup
	for range c.count {
		all.Go(func() { c.run(attack, s, address(s), &refused) })
	}
	pause(ctx, warmUp)
	logged, before, begin := s.logged(), refused.Load(), time.Now()
	measured, stop := context.WithTimeout(ctx, guessTime)
	defer stop()
	client := fresh("")
	found := probe(measured, goodEvery, map[string]func() (int, error){"good": func() (int, error) {
		found, _, err := send(measured, client, http.MethodGet, "http://"+address(s)+path, nil, good)
		return found, err
	}})()
	took := time.Since(begin).Seconds()
	guesses := float64(refused.Load()-before) / took
	end()
	all.Wait()
	l.atMost(c.name+": wrong passwords", guesses, mostGuesses, "per s")
	l.atMost(c.name+": a good one, of 100 the slowest but one", found.quantile("good", 0.99), mostLatency, "ms")
	l.note(c.name+": a good one, median", fmt.Sprintf("%.3g ms", found.quantile("good", 0.5)))
	l.holds(c.name+": good ones answered", fmt.Sprintf("%d of %d %s", len(found.took["good"])-found.failed["good"], len(found.took["good"]), found.first["good"]), found.failed["good"] == 0)
	l.atMost(c.name+": log", float64(s.logged()-logged)/took, mostLog, "bytes per s")
	l.atMost(c.name+": memory", s.peak(), mostMemory, "MB")
	return nil
}

// run guesses until ctx ends.
func (c guessing) run(ctx context.Context, s *site, address string, refused *atomic.Int64) {
	var conn net.Conn
	var reader *bufio.Reader
	hangUp := func() {
		if conn != nil {
			_ = conn.Close()
			conn = nil
		}
	}
	defer hangUp()
	for ctx.Err() == nil {
		if conn == nil {
			var err error
			if conn, err = s.dial(ctx, address, false); err != nil {
				conn = nil
				pause(ctx, goodEvery)
				continue
			}
			reader = bufio.NewReaderSize(conn, 1024)
		}
		open := conn
		done := context.AfterFunc(ctx, func() { _ = open.Close() })
		found, err := answerOn(conn, reader, c.request, c.patient)
		done()
		if found == http.StatusUnauthorized {
			refused.Add(1)
		}
		if err != nil || c.anew {
			hangUp()
		}
	}
}

// shortPasswords starts a broker with a password of one letter.
func (l *lab) shortPasswords(ctx context.Context) error {
	s, err := l.start(ctx, setup{users: userName + ":Q\n" + "second:" + password + "\n"})
	if err != nil {
		return err
	}
	defer s.close()
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err
	}
	warned := false
	for line := range strings.Lines(string(text)) {
		warned = warned || strings.HasPrefix(line, "W") && strings.Contains(line, "short") && strings.Contains(line, userName)
	}
	l.holds("a password of one letter is warned of", fmt.Sprint(warned), warned)
	return nil
}
