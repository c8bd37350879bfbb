package lifecycle_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
)

var update = flag.Bool("update", false, "write docs/lifecycle.md") //nolint:gochecknoglobals // a flag of the test binary

func TestTransitions_Page_IsDocumented(t *testing.T) {
	const file = "../../docs/lifecycle.md"
	page := lifecyclePage()
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(written), page); diff != "" {
		t.Errorf("docs/lifecycle.md is out of date; run with -update (-there +here):\n%s", diff)
	}
}

// lifecyclePage returns docs/lifecycle.md.
func lifecyclePage() string {
	var page strings.Builder
	page.WriteString(`# The life of an instance or binding

<!-- Written by TestTransitions_Page_IsDocumented in pkg/lifecycle with -update; do not edit. -->

A record is at one of these stages, and the table lists all transitions between them. The store refuses any other
change: a request gets a 503, and the engine quarantines the record. The answers to requests at each stage are in
[idempotency.md](idempotency.md).

| from | to | by |
|---|---|---|
`)
	for _, transition := range lifecycle.Transitions() {
		fmt.Fprintf(&page, "| %s | %s | %s |\n", transition.From, transition.To, transition.By)
	}
	page.WriteString("\n```mermaid\nstateDiagram-v2\n")
	names := map[lifecycle.Stage]string{}
	for i, stage := range stages() {
		names[stage] = fmt.Sprintf("s%d", i)
		fmt.Fprintf(&page, "    s%d: %s\n", i, stage)
	}
	for _, transition := range lifecycle.Transitions() {
		if transition.By != lifecycle.ByPurge {
			fmt.Fprintf(&page, "    %s --> %s: %s\n", names[transition.From], names[transition.To], strings.ReplaceAll(transition.By, ":", ","))
		}
	}
	page.WriteString("```\n\nThe drawing omits the transitions that a purge makes.\n")
	return page.String()
}
