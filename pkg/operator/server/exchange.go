package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
)

// An exchange is one call: its request, its answer, and the facts of its audit
// line.
type exchange struct {
	http.ResponseWriter

	request    *http.Request
	requestID  string
	route      route
	operator   string // the name of the token; empty before authentication
	status     int    // 0 until the answer begins
	err        error
	unanswered bool   // the connection is closed instead of an answer
	stack      []byte // of a panic
	change     string // what the call changed
}

const linesType = "application/x-ndjson"

// fail answers with an error. The answer has the cause too, since its reader is
// an operator. After the first line of an answer, the error is the last line.
func (x *exchange) fail(err error) {
	x.err = err
	refused := refusalOf(err)
	body := operator.Failure{Code: refused.Code, Description: refused.Description}
	if x.status != 0 {
		_ = x.write(body)
		x.status = http.StatusInternalServerError // for the audit line
		return
	}
	_ = x.send(refused.Status, body)
}

// send answers with one JSON object.
func (x *exchange) send(status int, body any) error {
	x.Header().Set("Content-Type", "application/json")
	x.status = status
	x.WriteHeader(status)
	return x.write(body)
}

// beginLines begins an answer of JSON objects, one per line.
func (x *exchange) beginLines() {
	x.Header().Set("Content-Type", linesType)
	x.status = http.StatusOK
	x.WriteHeader(x.status)
}

// lineTimeout is the time that a client has to read a line.
const lineTimeout = 90 * time.Second

// write writes an object and a newline. Each line gets its own deadline, because
// the server's limit for a whole answer is too short for long lists.
func (x *exchange) write(body any) error {
	_ = http.NewResponseController(x.ResponseWriter).SetWriteDeadline(time.Now().Add(lineTimeout)) // unsupported by test writers
	encoder := json.NewEncoder(x.ResponseWriter)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// writeNow writes a line and flushes it, for a reader that follows the progress.
func (x *exchange) writeNow(body any) error {
	if err := x.write(body); err != nil {
		return err
	}
	_ = http.NewResponseController(x.ResponseWriter).Flush() // unsupported by test writers
	return nil
}
