package operations_test

import (
	"flag"
	"os"
	"testing"
)

// The broker's log goes to a folder of the tests.
func TestMain(m *testing.M) {
	if err := flag.Set("logtostderr", "true"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
