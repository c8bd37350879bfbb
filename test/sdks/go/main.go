// Command checks runs one official Go client of Alibaba Cloud through its
// scenarios on the emulator of SDK_CHECK_ADDRESS. It is a module of its own, so
// that the project's module has none of these clients.
//
// It prints a line for each scenario: "ok NAME", or the reason and "FAILED NAME".
package main

import (
	"fmt"
	"os"
)

func main() {
	clients := map[string]func(*checks){
		"oss-v1":      ossV1,
		"oss-v2":      ossV2,
		"rpc-sdk":     rpcSDK,
		"tea-generic": teaGeneric,
		"tea":         tea,
		"tls":         overTLS,
		"databases":   databases,
	}
	if len(os.Args) != 2 || clients[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: checks CLIENT, one of main.go; see test/sdks/clients.yaml")
		os.Exit(2)
	}
	c := &checks{
		address: os.Getenv("SDK_CHECK_ADDRESS"), keyID: os.Getenv("SDK_CHECK_KEY_ID"), keySecret: os.Getenv("SDK_CHECK_KEY_SECRET"),
		name: os.Getenv("SDK_CHECK_CLIENT"), out: os.Stdout,
		protocol: "HTTP", plain: os.Getenv("SDK_CHECK_PLAIN"), control: os.Getenv("SDK_CHECK_CONTROL"),
	}
	if c.plain != "" {
		c.protocol = "HTTPS"
	}
	clients[os.Args[1]](c)
	if c.failed {
		os.Exit(1)
	}
}
