package main

import (
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

// fileSettings are the settings of the YAML file by the names of their flags.
type fileSettings map[string]settingValues

// readSettingsFile reads a YAML file of settings. An empty path is an empty file.
func readSettingsFile(path string) (fileSettings, error) {
	settings := fileSettings{}
	if path == "" {
		return settings, nil
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	if err := yaml.UnmarshalStrict(b, &settings); err != nil {
		return nil, fmt.Errorf("--config %s: %w", path, err)
	}
	return settings, nil
}

// settingValues are the values of one setting: the file has one value or a list.
type settingValues []string

// UnmarshalJSON accepts a scalar or a list of scalars.
func (v *settingValues) UnmarshalJSON(b []byte) error {
	var one any
	if err := yaml.Unmarshal(b, &one); err != nil {
		return err
	}
	list, ok := one.([]any)
	if !ok {
		list = []any{one}
	}
	for _, item := range list {
		switch item.(type) {
		case string, bool, float64, int64:
			*v = append(*v, fmt.Sprint(item))
		default:
			return fmt.Errorf("a setting is a text, a number, true, false, or a list of these")
		}
	}
	return nil
}
