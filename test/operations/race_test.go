//go:build race

package operations_test

// sample is the share of the crash matrix's scenarios that runs with the race
// detector, which makes them five times as slow: one in so many. The number is
// prime to the eight faults of a call, so that each of them is in the sample.
// hack/crash-matrix runs every scenario.
const sample = 5
