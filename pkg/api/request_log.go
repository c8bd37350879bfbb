package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/golang/glog"
)

// logLine is the one line of a request. It is built by appending, since the log
// is a good part of the work of a fast request.
func logLine(r *http.Request, status int, x *exchange, took time.Duration) string {
	line := make([]byte, 0, 256)
	line = append(line, "request answered method="...)
	line = append(line, method(r)...)
	line = append(line, " route="...)
	line = append(line, x.route...)
	line = append(line, " status="...)
	line = strconv.AppendInt(line, int64(status), 10)
	line = append(line, " took="...)
	line = append(line, took.Round(time.Microsecond).String()...)
	line = appendQuoted(line, " instance=", x.instance)
	line = appendQuoted(line, " binding=", x.binding)
	line = appendQuoted(line, " request=", shorten(x.requestID))
	if x.err != nil {
		line = appendQuoted(line, " err=", x.err.Error())
	}
	if x.stack != nil {
		line = append(line, '\n')
		line = append(line, x.stack...)
	}
	return string(line)
}

// refusalsLine is the one line of many refused requests; last is the address of
// the last client.
func refusalsLine(count int, last string) string {
	line := append(make([]byte, 0, 128), "requests refused: credentials missing or wrong count="...)
	line = strconv.AppendInt(line, int64(count), 10)
	line = append(line, " in="...)
	line = append(line, LogInterval.String()...)
	return string(appendQuoted(line, " last_remote=", last))
}

func appendQuoted(line []byte, name, value string) []byte {
	if value == "" {
		return line
	}
	return strconv.AppendQuote(append(line, name...), value)
}

func logWithGlog(failed bool, line string) {
	if failed {
		glog.Error(line)
		return
	}
	glog.Info(line)
}

// shorten bounds a caller's text in a log line.
func shorten(text string) string {
	const longest = 128
	if len(text) > longest {
		return text[:longest] + "..."
	}
	return text
}
