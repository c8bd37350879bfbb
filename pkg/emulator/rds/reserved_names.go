package rds

import (
	"slices"
	"strings"
)

// reserved reports whether accounts and databases of an engine must avoid a name
// (RDS, "Forbidden keywords"; A052). The lists of PostgreSQL and SQL Server are
// short here.
func reserved(engine, name string) bool {
	words := serviceNames
	switch engine {
	case "MySQL", "MariaDB":
		words += mysqlKeywords
	case "SQLServer":
		words += " dbo login"
	default:
		words += " postgres template0 template1 select user"
	}
	return slices.Contains(strings.Fields(words), strings.ToLower(name))
}

// serviceNames are names of the service's own accounts and databases; the page
// has some of them.
const serviceNames = "admin administrator aliyun_root aurora guest information_schema mysql performance_schema replicator root sys test"

// mysqlKeywords are the keywords of RDS for MySQL.
const mysqlKeywords = `
accessible action add admin all alter analyze and as asc asensitive aurora before between bigint binary blob
both by call cascade case change char character check collate column condition connection constraint continue
convert create cross current_date current_time current_timestamp current_user cursor database databases day_hour
day_microsecond day_minute day_second dec decimal declare default delayed delete desc describe deterministic
distinct distinctrow div double drop dual each eagleye else elseif enclosed escaped exists exit explain false
fetch float float4 float8 for force foreign from fulltext goto grant group guest having high_priority
hour_microsecond hour_minute hour_second if ignore in index infile information_schema inner inout insensitive
insert int int1 int2 int3 int4 int8 integer interval into is iterate join key keys kill label leading leave left
like limit linear lines load localtime localtimestamp lock long longblob longtext loop low_priority match
mediumblob mediumint mediumtext middleint minute_microsecond minute_second mod modifies mysql natural
no_write_to_binlog not null numeric on optimize option optionally or order out outer outfile precision primary
procedure purge raid0 range read reads real references regexp release rename repeat replace replicator require
restrict return revoke right rlike root schema schemas second_microsecond select sensitive separator set show
smallint spatial specific sql sql_big_result sql_calc_found_rows sql_small_result sqlexception sqlstate
sqlwarning ssl starting straight_join table terminated test then tinyblob tinyint tinytext to trailing trigger
true undo union unique unlock unsigned update usage use using utc_date utc_time utc_timestamp values varbinary
varchar varcharacter varying when where while with write x509 xor xtrabak year_month zerofill`
