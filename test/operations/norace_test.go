//go:build !race

package operations_test

// sample makes every scenario of the crash matrix run.
const sample = 1
