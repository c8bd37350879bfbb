package catalog

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// unknownParameter returns the sentence for an unknown name. It suggests the
// known name that was probably meant, or lists them all.
func unknownParameter(name string, known []string) string {
	sentence := "unknown parameter " + quote(name) + ": "
	if meant, ok := nearest(name, known); ok {
		return sentence + "did you mean " + quote(meant) + "?"
	}
	if len(known) == 0 {
		return sentence + "this plan takes no parameters here"
	}
	return sentence + "this plan takes " + strings.Join(known, ", ")
}

// nearest returns the known name with the least distance to name, letter case
// and separators aside, if it is near enough to be a misspelling.
func nearest(name string, known []string) (string, bool) {
	name = plain(name)
	limit := max(1, len(name)/3)
	best, found := limit+1, ""
	for _, candidate := range known {
		if d := distance(name, plain(candidate), best); d < best {
			best, found = d, candidate
		}
	}
	return found, best <= limit
}

func plain(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
}

// distance returns the number of inserted, deleted and replaced bytes between a
// and b (Levenshtein), or any number from limit on if it reaches limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// quote makes a name from a request fit for a sentence: escaped, and cut where it
// is longer than any real name.
func quote(name string) string {
	if utf8.RuneCountInString(name) > maxName {
		name = string([]rune(name)[:maxName]) + "..."
	}
	return strconv.Quote(name)
}
