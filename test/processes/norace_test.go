//go:build !race

package processes_test

// raceFlags builds the programs as the tests were built.
func raceFlags() []string { return nil }
