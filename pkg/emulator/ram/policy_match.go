package ram

import (
	"strings"
)

func (s statement) covers(action, resource string) bool {
	return matchAny(s.actions, action, matchAction) != s.notAction &&
		matchAny(s.resources, resource, matchResource) != s.notResource
}

func matchAny(patterns []string, value string, match func(pattern, value string) bool) bool {
	for _, pattern := range patterns {
		if match(pattern, value) {
			return true
		}
	}
	return false
}

// matchAction compares the names of actions in any case (A100).
func matchAction(pattern, action string) bool {
	return wildcard(strings.ToLower(pattern), strings.ToLower(action))
}

// matchResource compares resource names part by part, so that the wildcards of
// the region and of the account end there.
func matchResource(pattern, resource string) bool {
	patterns, parts := strings.SplitN(pattern, ":", 5), strings.SplitN(resource, ":", 5)
	if len(patterns) != len(parts) {
		return wildcard(pattern, resource)
	}
	for i := range parts {
		// The region "*" of a resource fits any region.
		if i < 4 && parts[i] == "*" {
			continue
		}
		if !wildcard(patterns[i], parts[i]) {
			return false
		}
	}
	return true
}

// wildcard reports whether the whole of s fits the pattern, in which * matches
// any number of bytes and ? one.
func wildcard(pattern, s string) bool {
	star, mark := -1, 0 // the last * seen, and how far it has eaten
	p, i := 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
