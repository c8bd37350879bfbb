package rds

import (
	_ "embed"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

//go:embed sold.yaml
var soldText []byte

// A catalog is sold.yaml: everything that RDS sells.
type catalog struct {
	Versions map[string][]string // by engine
	Storage  map[string]bounds   // by storage type
	Central  []string            // the regions of the host rds.aliyuncs.com
	Families []family
	Zones    map[string]zoneGap // by the last letter of a zone

	classes []*class // the withdrawn ones of saved states included
}

// bounds limit a storage, in GB.
type bounds struct{ Min, Max int }

// A family is a set of classes with the same engine, versions, category and disks.
type family struct {
	Engine, Category, Kind, Arch, Disk string
	Versions                           []string
	Storages                           []string // empty: all of the disk
	Max                                int      // GB; 0 for that of the storage type
	Withdrawn                          bool
	Classes                            []struct {
		Name                           string
		CPU, Memory, Connections, IOPS int
	}

	catalog *catalog
}

// A class is a DBInstanceClass with its sizes.
type class struct {
	*family
	name        string
	cpu         int
	memory      int // MB
	connections int
	iops        int
}

const (
	mySQL = "MySQL"

	localSSD    = "local_ssd"
	generalESSD = "general_essd"
	essd        = "cloud_essd"
	// autoESSD is the name of general_essd in DescribeAvailableZones (A308).
	autoESSD = "cloud_auto"

	storageStep = 5 // GB

	basic   = "Basic"
	ha      = "HighAvailability"
	cluster = "cluster"
)

// newCatalog reads sold.yaml. It panics on an error: the file is compiled in.
func newCatalog() *catalog {
	var c catalog
	if err := yaml.Unmarshal(soldText, &c); err != nil {
		panic(fmt.Errorf("rds: sold.yaml: %w", err))
	}
	for i := range c.Families {
		f := &c.Families[i]
		f.catalog = &c
		for _, k := range f.Classes {
			c.classes = append(c.classes, &class{family: f, name: k.Name, cpu: k.CPU, memory: k.Memory, connections: k.Connections, iops: k.IOPS})
		}
	}
	return &c
}

// storageTypes returns the storage types on sale with the classes of a family.
func (f *family) storageTypes() []string {
	if f.Disk == "local" {
		return []string{localSSD}
	}
	return slices.DeleteFunc([]string{generalESSD, essd, "cloud_essd2", "cloud_essd3", "cloud_ssd"}, func(kind string) bool {
		b := f.storage(kind)
		return b.Max < b.Min || len(f.Storages) > 0 && !slices.Contains(f.Storages, kind)
	})
}

// defaultStorage is the storage type of an instance that names none (RDS API,
// CreateDBInstance, DBInstanceStorageType).
func (f *family) defaultStorage() string {
	if f.Disk == "local" {
		return localSSD
	}
	return essd
}

func (f *family) sells(engine, version string) bool {
	return f.Engine == engine && slices.Contains(f.Versions, version)
}

// storage returns the bounds of a storage type with the classes of a family.
func (f *family) storage(kind string) bounds {
	b := f.catalog.Storage[kind]
	if f.Max > 0 {
		b.Max = min(b.Max, f.Max)
	}
	return b
}

// portOf and hostOf return the port and the host of an engine's instances.
func portOf(engine string) string {
	switch engine {
	case "PostgreSQL":
		return "5432"
	case "SQLServer":
		return "1433"
	default:
		return "3306"
	}
}

func hostOf(id, engine string) string {
	switch engine {
	case "PostgreSQL":
		return id + ".pg.rds.aliyuncs.com"
	case "SQLServer":
		return id + ".sqlserver.rds.aliyuncs.com"
	case "MariaDB":
		return id + ".mariadb.rds.aliyuncs.com"
	default:
		return id + ".mysql.rds.aliyuncs.com"
	}
}
