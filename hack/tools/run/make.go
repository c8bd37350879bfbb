package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// A makeParent is the make that started this program. After SIGINT make waits
// for its child and keeps the signal to itself, as if a terminal had sent it to
// both; the set of signals that make still catches reveals it.
type makeParent struct {
	pid    int
	caught string // "": the parent is another program
}

func findMake() makeParent {
	pid := os.Getppid()
	return makeParent{pid, signalsOfMake(pid)}
}

// isGone reports whether make has ended or is stopping.
func (m makeParent) isGone() bool {
	return m.caught != "" && (os.Getppid() != m.pid || signalsOfMake(m.pid) != m.caught)
}

// signalsOfMake returns the signals among SIGHUP, SIGINT and SIGQUIT that the
// process catches; empty unless the process is make.
func signalsOfMake(pid int) string {
	const stops = 7 // the bits of the three signals
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return ""
	}
	isMake := false
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "Name":
			isMake = strings.HasSuffix(value, "make")
		case "SigCgt":
			mask, err := strconv.ParseUint(value, 16, 64)
			if err != nil || !isMake {
				return ""
			}
			return strconv.FormatUint(mask&stops, 10)
		}
	}
	return ""
}
