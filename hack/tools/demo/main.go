// Command demo walks through the requests of a platform and the work of an
// application: first with a MySQL database, then with an OSS bucket, then with
// wrong requests. Each step is checked, and the first failure ends the walk.
// Secrets are shown as ***.
//
// The broker must be running (make run). The environment configures the demo:
//
//	BROKER_URL        the broker (http://127.0.0.1:8005)
//	BROKER_USERNAME   the platform's user (broker)
//	BROKER_PASSWORD   the platform's password (the text of DATA_DIR/password)
//	EMULATOR_CONTROL  the emulator's control API (http://127.0.0.1:8008); empty
//	                  for a broker on the real cloud, where leftovers are not
//	                  looked for
//	DEMO_NO_ENGINES   1: emulated databases have no server; connect to none
//	DEMO_RECORD       a file to append every seen secret to
//	DEMO_TIMEOUT      the seconds that an operation may take (180)
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := demo(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "\nFAILED: %v\n", err)
		os.Exit(1)
	}
}

func demo(ctx context.Context) error {
	seconds, err := strconv.Atoi(variable("DEMO_TIMEOUT", "180"))
	if err != nil {
		return fmt.Errorf("DEMO_TIMEOUT: %w", err)
	}
	password := os.Getenv("BROKER_PASSWORD")
	if password == "" {
		file := filepath.Join(variable("DATA_DIR", "./data"), "password")
		text, err := os.ReadFile(file) //nolint:gosec // the user's own folder
		if err != nil {
			return fmt.Errorf("set BROKER_PASSWORD or DATA_DIR: %w", err)
		}
		password = strings.TrimSpace(string(text))
	}
	control, ok := os.LookupEnv("EMULATOR_CONTROL")
	if !ok {
		control = "http://127.0.0.1:8008"
	}
	w := &walk{
		platform: &platform{
			url: variable("BROKER_URL", "http://127.0.0.1:8005"), user: variable("BROKER_USERNAME", "broker"), password: password,
			limit: time.Duration(seconds) * time.Second, out: os.Stdout,
		},
		client:  application{program: filepath.Join(variable("BIN_DIR", "bin"), "demo-client"), environment: os.Environ()},
		control: control,
		connect: os.Getenv("DEMO_NO_ENGINES") != "1",
		record:  os.Getenv("DEMO_RECORD"),
		run:     fmt.Sprintf("%d-%d", time.Now().Unix(), os.Getpid()),
	}
	err = w.all(ctx)
	if len(w.left) > 0 {
		fmt.Fprintln(os.Stderr, "\nRemoving the rest.")
		w.cleanUp()
	}
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return err
}

// variable returns an environment variable, or the default where it is empty.
func variable(name, byDefault string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return byDefault
}
