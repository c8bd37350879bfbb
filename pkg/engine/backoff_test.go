package engine

import (
	"testing"
	"time"
)

// Delays grow up to their bound, and differ, so that simultaneous failures spread
// out.
func TestBackoff_RepeatedFailures_GrowsToItsBound(t *testing.T) {
	t.Parallel()
	const first, most = time.Second, time.Minute
	var longest time.Duration // of two failures ago
	var before time.Duration
	for n := 1; n <= 80; n++ {
		least, greatest := most, time.Duration(0)
		for range 100 {
			d := backoff(n, first, most)
			least, greatest = min(least, d), max(greatest, d)
		}
		switch {
		case least <= 0 || greatest > most:
			t.Errorf("delays after %d failures are from %s to %s, want at most %s", n, least, greatest, most)
		case least == greatest:
			t.Errorf("all delays after %d failures are %s", n, least)
		case greatest > most/2 && least < most/3:
			t.Errorf("delays after %d failures are from %s to %s: they vary by more than they should", n, least, greatest)
		case n > 2 && longest < most/4 && least <= longest:
			t.Errorf("delays after %d failures begin at %s, after two failures fewer they end at %s", n, least, longest)
		case n > 10 && least < most/2:
			t.Errorf("after %d failures the delay is %s", n, least)
		case n == 1 && greatest > first:
			t.Errorf("the first delay is %s", greatest)
		}
		longest, before = before, greatest
	}
}
