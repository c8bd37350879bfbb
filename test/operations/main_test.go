package operations_test

import (
	"flag"
	"os"
	"testing"
)

// The broker logs; tests leave no log files behind.
func TestMain(m *testing.M) {
	if err := flag.Set("logtostderr", "true"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
