//go:build race

package hack_test

// raceFlags builds the programs as the tests were built.
func raceFlags() []string { return []string{"-race"} }
