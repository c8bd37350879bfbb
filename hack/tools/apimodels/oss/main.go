// Command oss writes the names of the parameters and response members of each OSS
// operation, as the models of Alibaba Cloud's own SDK v2 for Go have them. Tests of
// pkg/emulator/oss compare the emulator's table of operations with this list.
//
//	go run ./hack/tools/apimodels/oss >pkg/emulator/testdata/models/oss.json
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

const sdk = "github.com/aliyun/alibabacloud-oss-go-sdk-v2"

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "apimodels/oss:", err)
		os.Exit(1)
	}
}

// run writes the list.
func run(to io.Writer) error {
	folder, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", sdk).Output() //nolint:noctx // a command of a moment
	if err != nil {
		return fmt.Errorf("find %s: %w", sdk, err)
	}
	operations, err := readOperations(strings.TrimSpace(string(folder)) + "/oss")
	if err != nil {
		return err
	}
	out := json.NewEncoder(to)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	return out.Encode(operations)
}
