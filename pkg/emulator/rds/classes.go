package rds

import "slices"

// A class is a DBInstanceClass: the engine and versions that it is sold for,
// and its sizes.
type class struct {
	name        string
	engine      string
	versions    []string
	cpu         int
	memory      int // MB
	connections int
	iops        int
	maxStorage  int // GB
	storage     string
	category    string
}

const (
	mySQL = "MySQL"

	localSSD = "local_ssd"
	essd     = "cloud_essd"

	minStorage  = 20 // GB
	storageStep = 5  // GB
)

// versions returns the versions of an engine on sale (RDS API,
// CreateDBInstance, EngineVersion); an unknown engine has none.
func versions(engine string) []string {
	switch engine {
	case "MySQL":
		return []string{"5.5", "5.6", "5.7", "8.0"}
	case "PostgreSQL":
		return []string{"10.0", "11.0", "12.0", "13.0", "14.0", "15.0", "16.0", "17.0"}
	case "SQLServer":
		return []string{"2012", "2012_ent_ha", "2012_std_ha", "2012_web", "2014_ent_ha", "2014_std_ha", "2014_web", "2016_ent_ha", "2016_std_ha", "2016_web",
			"2017_ent", "2017_std_ha", "2017_web", "2019_ent", "2019_std_ha", "2019_web", "2022_ent", "2022_std_ha", "2022_web"}
	case "MariaDB":
		return []string{"10.3", "10.6"}
	default:
		return nil
	}
}

// classes are the classes on sale: the historic MySQL ones on local disks and
// a few of today's ("Primary ApsaraDB RDS instance types"). That the historic
// ones fit every version is a guess (A039).
func classes() []*class {
	mysqlAll, mysqlNew := versions("MySQL"), []string{"5.7", "8.0"}
	return []*class{
		{"rds.mysql.t1.small", "MySQL", mysqlAll, 1, 1024, 300, 600, 2000, localSSD, "HighAvailability"},
		{"rds.mysql.s1.small", "MySQL", mysqlAll, 1, 2048, 600, 1000, 2000, localSSD, "HighAvailability"},
		{"rds.mysql.s2.large", "MySQL", mysqlAll, 2, 4096, 1200, 2000, 2000, localSSD, "HighAvailability"},
		{"rds.mysql.s2.xlarge", "MySQL", mysqlAll, 2, 8192, 2000, 4000, 2000, localSSD, "HighAvailability"},
		{"rds.mysql.s3.large", "MySQL", mysqlAll, 4, 8192, 2000, 5000, 2000, localSSD, "HighAvailability"},
		{"rds.mysql.m1.medium", "MySQL", mysqlAll, 4, 16384, 4000, 7000, 2000, localSSD, "HighAvailability"},
		{"mysql.n2.small.1", "MySQL", mysqlNew, 1, 2048, 2000, 6800, 6000, essd, "Basic"},
		{"mysql.n2.medium.1", "MySQL", mysqlNew, 2, 4096, 4000, 10000, 6000, essd, "Basic"},
		{"mysql.n2.large.1", "MySQL", mysqlNew, 4, 8192, 6000, 15000, 6000, essd, "Basic"},
		{"mysql.n2.medium.2c", "MySQL", mysqlNew, 2, 4096, 4000, 10000, 6000, essd, "HighAvailability"},
		{"mysql.n2.large.2c", "MySQL", mysqlNew, 4, 8192, 6000, 15000, 6000, essd, "HighAvailability"},
		{"pg.n2.small.1", "PostgreSQL", versions("PostgreSQL"), 1, 2048, 200, 6800, 6000, essd, "Basic"},
		{"pg.n2.medium.1", "PostgreSQL", versions("PostgreSQL"), 2, 4096, 400, 10000, 6000, essd, "Basic"},
		{"pg.n2.medium.2c", "PostgreSQL", versions("PostgreSQL"), 2, 4096, 400, 10000, 6000, essd, "HighAvailability"},
		{"mariadb.n2.small.1", "MariaDB", versions("MariaDB"), 1, 2048, 2000, 6800, 6000, essd, "Basic"},
		{"mariadb.n2.medium.2c", "MariaDB", versions("MariaDB"), 2, 4096, 4000, 10000, 6000, essd, "HighAvailability"},
		{"mssql.x4.medium.s1", "SQLServer", versions("SQLServer"), 2, 8192, 4000, 10000, 6000, essd, "Basic"},
	}
}

// storageTypes returns the storage types on sale with a class.
func (c *class) storageTypes() []string {
	if c.storage == localSSD {
		return []string{localSSD}
	}
	return []string{"general_essd", "cloud_essd", "cloud_essd2", "cloud_essd3", "cloud_ssd"}
}

func (c *class) sells(engine, version string) bool {
	return c.engine == engine && slices.Contains(c.versions, version)
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
