package server

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
)

// audit counts the call and writes its audit line. A flood of calls without a good
// token is one line per interval.
func (h *Handler) audit(x *exchange, took time.Duration) {
	action, outcome := cmp.Or(x.route.action, "none"), outcomeOf(x.status)
	h.calls.WithLabelValues(action, outcome).Inc()
	if x.operator == "" && x.stack == nil && !h.refusals.Add(x.request.RemoteAddr) {
		return
	}

	var line strings.Builder
	line.WriteString("audit operator=" + strconv.Quote(x.operator) + " action=" + action + " outcome=" + outcome +
		" status=" + strconv.Itoa(x.status) + " took=" + took.Round(time.Microsecond).String())
	for _, pair := range []struct{ name, value string }{
		{"instance", x.route.key.InstanceID},
		{"binding", x.route.key.BindingID},
		{"key", x.route.keyID},
		{"remote", x.request.RemoteAddr},
		{"request", x.requestID},
		{"change", x.change},
	} {
		if pair.value != "" {
			line.WriteString(" " + pair.name + "=" + strconv.Quote(shorten(pair.value)))
		}
	}
	if x.err != nil {
		line.WriteString(" err=" + strconv.Quote(shorten(x.err.Error())))
	}
	if x.stack != nil {
		line.WriteString("\n" + string(x.stack))
	}
	h.config.Log(line.String())
}

// refusalsLine is the one line of many refused calls; last is the address of the
// last client.
func refusalsLine(count int, last string) string {
	return "audit calls refused: token missing or wrong count=" + strconv.Itoa(count) + " in=" + api.LogInterval.String() + " last_remote=" + strconv.Quote(last)
}

func outcomeOf(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "unauthorized"
	case status >= http.StatusInternalServerError:
		return "failed"
	case status >= http.StatusBadRequest:
		return "refused"
	}
	return "ok"
}

// shorten bounds the length of a value in the log.
func shorten(text string) string {
	const longest = 4 << 10
	if len(text) > longest {
		return text[:longest] + "..."
	}
	return text
}
