package rds

import (
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A wordSetting is a setting of an instance that is one word: the action that sets it,
// the parameter, which has its name in the answers too, the words that it takes, and
// the first of them that a new instance has.
type wordSetting struct{ action, parameter, words string }

// wordSettings returns all of them, with the words of their actions' pages. The first
// one, which a new instance has, is the example of the page that reads it.
func wordSettings() []wordSetting {
	return []wordSetting{
		{"ModifyDBInstanceMonitor", "Period", "60 5 10 300"},
		{"ModifySQLCollectorPolicy", "SQLCollectorStatus", "Disabled Enable"},
		{"ModifySQLCollectorRetention", "ConfigValue", "30 180 365 1095 1825"},
		{"ModifyHADiagnoseConfig", "TcpConnectionType", "SHORT LONG"},
		{"ModifyHASwitchConfig", "HAConfig", "Auto Manual"},
	}
}

// words returns the values of the word settings by their names, for answers that are
// data.
func (in *instance) words() map[string]string {
	values := map[string]string{"ManualHATime": in.settings.ManualHATime}
	for _, w := range wordSettings() {
		values[w.parameter], _, _ = strings.Cut(w.words, " ")
		if w.parameter == "Period" && in.engine == "MariaDB" {
			values[w.parameter] = "300" // A344
		}
		if word := in.settings.Words[w.parameter]; word != "" {
			values[w.parameter] = word
		}
	}
	return values
}

// modifyWord returns the action that sets a word.
func (s *Service) modifyWord(w wordSetting) func(*rpc.Request) (any, *rpc.Error) {
	return func(r *rpc.Request) (any, *rpc.Error) {
		value, fail := r.Require(w.parameter)
		if fail != nil {
			return nil, fail
		}
		word, known := own(strings.Fields(w.words), value)
		if !known {
			return nil, bad("InvalidParameter", "%s is one of %s.", w.parameter, w.words)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		in, fail := s.findRunning(r, unknownID())
		if fail != nil {
			return nil, fail
		}
		if w.parameter == "HAConfig" {
			if fail := in.readManual(r, word); fail != nil {
				return nil, fail
			}
		}
		if in.settings.Words == nil {
			in.settings.Words = map[string]string{}
		}
		in.settings.Words[w.parameter] = word
		return nil, nil
	}
}

// readManual reads the time until which an instance is not switched over by itself. It
// counts with Manual alone.
func (in *instance) readManual(r *rpc.Request, how string) *rpc.Error {
	until := r.Get("ManualHATime")
	if _, err := time.Parse(time.RFC3339, until); until != "" && (err != nil || !strings.HasSuffix(until, "Z")) {
		return bad("InvalidParameter", "ManualHATime has the form 2026-08-29T15:00:00Z.")
	}
	if how == "Auto" {
		until = ""
	}
	in.settings.ManualHATime = strings.Clone(until)
	return nil
}
