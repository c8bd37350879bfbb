package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed models.cjs
var script []byte

// teaModels installs the npm models into a folder of its own and reads them.
func teaModels() (map[string]map[string]model, error) {
	folder, err := os.MkdirTemp("", "apimodels-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	dependencies := map[string]string{}
	for _, p := range products() {
		if at := strings.LastIndex(p, "@"); at > 0 {
			dependencies[p[:at]] = p[at+1:]
		}
	}
	manifest, err := json.Marshal(map[string]any{"private": true, "dependencies": dependencies})
	if err != nil {
		return nil, err
	}
	for name, text := range map[string][]byte{"package.json": manifest, "models.cjs": script} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return nil, err
		}
	}
	if _, err := output(folder, "npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		return nil, err
	}
	text, err := output(folder, "node", "models.cjs")
	if err != nil {
		return nil, err
	}
	var models map[string]map[string]model
	if err := json.Unmarshal(text, &models); err != nil {
		return nil, fmt.Errorf("the output of models.cjs: %w", err)
	}
	return models, nil
}

func output(folder, program string, args ...string) ([]byte, error) {
	cmd := exec.Command(program, args...) //nolint:gosec,noctx // go, npm and node with fixed arguments
	cmd.Dir, cmd.Stderr = folder, os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", program, strings.Join(args, " "), err)
	}
	return text, nil
}
