package rpc

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// malformed refuses parameters of which a part would be ignored without a word: one
// that is given twice, and a list whose numbers have a gap (A016).
func malformed(params url.Values) *Error {
	counts, highest := map[string]int{}, map[string]int{}
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if len(params[name]) > 1 {
			return Errorf(http.StatusBadRequest, "InvalidParameter", "The parameter %s is given more than once.", shortened(name))
		}
		for at := strings.IndexByte(name, '.'); at >= 0; at = nextDot(name, at) {
			number, _, _ := strings.Cut(name[at+1:], ".")
			n, err := strconv.Atoi(number)
			if err != nil || seen[name[:at+1+len(number)]] {
				continue
			}
			list := name[:at]
			if n < 1 || strconv.Itoa(n) != number {
				return gap(list)
			}
			seen[name[:at+1+len(number)]] = true
			counts[list]++
			highest[list] = max(highest[list], n)
		}
	}
	for list, count := range counts {
		if highest[list] != count {
			return gap(list)
		}
	}
	return nil
}

// nextDot is the place of the dot after the one at.
func nextDot(name string, at int) int {
	next := strings.IndexByte(name[at+1:], '.')
	if next < 0 {
		return -1
	}
	return at + 1 + next
}

func gap(list string) *Error {
	return Errorf(http.StatusBadRequest, "InvalidParameter", "The numbers of the list %s are not 1, 2, 3 and so on.", shortened(list))
}
