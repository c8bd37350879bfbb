package operations_test

import (
	"fmt"
	"strings"
	"testing"
)

// The part of a request in the record is bounded, so that the record has room
// for the cloud's later answers.
func TestProvision_TooLargeContext_IsRefusedBeforeStoring(t *testing.T) {
	inBubble(t, func(w *harness) {
		large := fmt.Sprintf(`"context":{"platform":"kubernetes","namespace":%q}`, strings.Repeat("n", 64<<10))
		ids := `"service_id":"fast-id","plan_id":"fast-plan","organization_guid":"o","space_guid":"s",`
		w.want("provision", w.provision("a", `{`+ids+large+`}`), 400)
		w.want("poll of what was refused", w.poll("a", "", ""), 404)
		w.made("a", "fast")
		w.want("update", w.update("a", `{`+ids+large+`}`), 400)
		w.want("bind", w.bind("a", "x", `{`+ids+large+`}`), 400)
		w.want("fetch of the binding that was refused", w.fetchBinding("a", "x"), 404)
	})
}
