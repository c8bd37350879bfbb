package rds

import "strings"

// reserved returns the names that accounts of an engine must not have, in lower
// case; the cloud compares them without case. That MariaDB has the list of MySQL is a
// guess: its keywords are the same.
func reserved(engine string) []string {
	if engine == "MySQL" || engine == mariaDB {
		return strings.Fields(reservedMySQL)
	}
	return nil
}

// reservedMySQL are the forbidden keywords of RDS for MySQL (RDS, "Forbidden
// keywords"; API DescribeInstanceKeywords): words of SQL, and names that the
// service keeps for itself. aurora and raid0 stand in older copies of the page.
const reservedMySQL = `
accessible action add admin all alter analyze and as asc asensitive aurora
before between bigint binary blob both by
call cascade case change char character check collate column condition connection constraint continue convert
create cross current_date current_time current_timestamp current_user cursor
database databases day_hour day_microsecond day_minute day_second dec decimal declare default delayed delete desc
describe deterministic distinct distinctrow div double drop dual
each eagleye else elseif enclosed escaped exists exit explain
false fetch float float4 float8 for force foreign from fulltext
goto grant group guest
having high_priority hour_microsecond hour_minute hour_second
if ignore in index infile information_schema inner inout insensitive insert int int1 int2 int3 int4 int8 integer
interval into is iterate
join
key keys kill
label leading leave left like limit linear lines load localtime localtimestamp lock long longblob longtext loop low_priority
match mediumblob mediumint mediumtext middleint minute_microsecond minute_second mod modifies mysql
natural no_write_to_binlog not null numeric
on optimize option optionally or order out outer outfile
precision primary procedure purge
raid0 range read reads real references regexp release rename repeat replace replicator require restrict return revoke
right rlike root
schema schemas second_microsecond select sensitive separator set show smallint spatial specific sql sql_big_result
sql_calc_found_rows sql_small_result sqlexception sqlstate sqlwarning ssl starting straight_join
table terminated test then tinyblob tinyint tinytext to trailing trigger true
undo union unique unlock unsigned update usage use using utc_date utc_time utc_timestamp
values varbinary varchar varcharacter varying
when where while with write
x509 xor xtrabak
year_month
zerofill`
