package rds

import (
	_ "embed" // classes.yaml
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

//go:embed classes.yaml
var classesText []byte

// A classTable is the content of classes.yaml.
type classTable struct {
	Engines map[string]struct {
		Prefixes []string `json:"prefixes"`
		Capacity bounds   `json:"capacity"` // RCU; zero: no serverless instances
	} `json:"engines"`
	Categories []struct {
		End      string `json:"end"`
		Category string `json:"category"`
	} `json:"categories"`
	Storage  map[string]bounds `json:"storage"` // by storage type
	Families []classFamily     `json:"families"`
}

// bounds limit a value, both ends included.
type bounds struct {
	Min  float64 `json:"min"`
	Max  float64 `json:"max"`
	Step int     `json:"step"`
}

// A classFamily is a set of classes with the same versions and disks.
type classFamily struct {
	Engine   string   `json:"engine"`
	Start    string   `json:"start"`
	End      string   `json:"end"`
	Storage  []string `json:"storage"` // types, the usual one first
	Max      float64  `json:"max"`     // GB; 0: that of the storage type
	Versions []string `json:"versions"`
	Default  string   `json:"default"`
	Classes  []string `json:"classes"` // of the sources
}

// The engines, categories and disks that the code tells apart.
const (
	mariaDB           = "MariaDB"
	basic             = "Basic"
	localSSD          = "local_ssd"
	essd              = "cloud_essd"
	serverlessPrefix  = "serverless_"
	serverlessPayType = "Serverless"
)

// newClassTable reads classes.yaml. It panics on an error: the file is compiled in.
func newClassTable() classTable {
	var table classTable
	if err := yaml.UnmarshalStrict(classesText, &table); err != nil {
		panic(fmt.Errorf("rds: read classes.yaml: %w", err))
	}
	return table
}

// family returns the family of a class; ok is false for a name of another engine.
func (c classTable) family(engine, class string) (family classFamily, ok bool) {
	for _, f := range c.Families {
		if f.Engine == engine && (slices.Contains(f.Classes, class) || strings.HasPrefix(class, f.Start) && strings.HasSuffix(class, f.End)) {
			return f, true
		}
	}
	return classFamily{}, false
}

// category returns the category of a class.
func (c classTable) category(class string) string {
	for _, rule := range c.Categories {
		if strings.HasSuffix(class, rule.End) {
			return rule.Category
		}
	}
	return ""
}

// examples returns the known classes of an engine in a category, with a version and a
// storage type, either of which may be empty.
func (c classTable) examples(engine, category, version, storageType string) []string {
	var names []string
	for _, f := range c.Families {
		if f.Engine != engine || version != "" && !slices.Contains(f.Versions, version) || storageType != "" && !slices.Contains(f.Storage, storageType) {
			continue
		}
		for _, class := range f.Classes {
			if category == "" || c.category(class) == category {
				names = append(names, class)
			}
		}
	}
	return names
}

// storage returns the bounds of a storage type with the classes of a family.
func (c classTable) storage(f classFamily, storageType string) (bounds, bool) {
	b, ok := c.Storage[storageType]
	if f.Max > 0 {
		b.Max = min(b.Max, f.Max)
	}
	return b, ok
}

// isServerless reports whether instances of a category have a capacity in place of a size.
func isServerless(category string) bool { return strings.HasPrefix(category, serverlessPrefix) }
