package engine

import (
	"os"
	"os/exec"
	"path/filepath"
)

// A mariadbProgram is an installed MariaDB.
type mariadbProgram struct {
	server string // mariadbd
	tables string // SQL that makes the system tables
}

// findMariaDB looks for mariadbd and the files that came with it.
func findMariaDB() (mariadbProgram, error) {
	if !supported {
		return mariadbProgram{}, errNotFound("engines need Linux")
	}
	server, err := findMariadbd()
	if err != nil {
		return mariadbProgram{}, err
	}
	if resolved, err := filepath.EvalSymlinks(server); err == nil {
		server = resolved
	}
	prefix := filepath.Dir(filepath.Dir(server))
	for _, name := range []string{ // old and new, Debian's and MariaDB's
		"mysql/mysql_system_tables.sql", "mysql/mariadb_system_tables.sql",
		"mariadb/mysql_system_tables.sql", "mariadb/mariadb_system_tables.sql",
	} {
		tables := filepath.Join(prefix, "share", name)
		if _, err := os.Stat(tables); err == nil {
			return mariadbProgram{server: server, tables: tables}, nil
		}
	}
	return mariadbProgram{}, errNotFound("no system tables of MariaDB for %s in %s", server, filepath.Join(prefix, "share"))
}

// findMariadbd searches PATH and Debian's folder, which the PATH of ordinary
// users lacks.
func findMariadbd() (string, error) {
	for _, name := range []string{"mariadbd", "/usr/sbin/mariadbd", "/usr/local/sbin/mariadbd"} {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", errNotFound("mariadbd is not in PATH nor in /usr/sbin")
}

// command is mariadbd on a data folder with little memory, without network
// and reports to its makers, and without the machine's configuration and
// plugins. The folder void stays empty: it is the folder of plugins, and the
// only one in which SQL could read and write files. The folder temporary is this
// server's alone: each server removes the temporary tables that it finds there
// when it starts.
func (p mariadbProgram) command(owner identity, data, void, temporary string, more ...string) *exec.Cmd {
	args := append([]string{
		"--no-defaults",
		"--datadir=" + data,
		"--tmpdir=" + temporary,
		"--plugin-dir=" + void,
		"--secure-file-priv=" + void,
		"--skip-networking",
		"--skip-name-resolve",
		"--skip-log-bin",
		"--unix-socket=OFF", // as the proxy, everyone has our user id on the socket
		"--feedback=OFF",
		"--performance-schema=OFF",
		"--event-scheduler=ON", // as ApsaraDB RDS has it
		"--max-connections=200",
		"--table-open-cache=100",
		"--thread-cache-size=2",
		"--query-cache-size=0",
		"--key-buffer-size=64K",
		"--aria-pagecache-buffer-size=1M",
		"--aria-log-file-size=8M",
		"--innodb-buffer-pool-size=8M",
		"--innodb-log-buffer-size=2M",
		"--innodb-log-file-size=4M",
		"--innodb-ft-cache-size=1600000",
		"--innodb-data-file-path=ibdata1:5M:autoextend",
		"--innodb-temp-data-file-path=ibtmp1:2M:autoextend",
		"--innodb-autoextend-increment=1",
		"--innodb-read-io-threads=1",
		"--innodb-write-io-threads=2",
		"--innodb-purge-threads=1",
		"--innodb-use-native-aio=OFF",
		"--innodb-buffer-pool-dump-at-shutdown=OFF",
		"--innodb-buffer-pool-load-at-startup=OFF",
		// The data survive a crash of this server, though not of the machine.
		"--innodb-flush-log-at-trx-commit=2",
		"--innodb-doublewrite=OFF",
	}, more...)
	cmd := exec.Command(p.server, args...) //nolint:gosec,noctx // a program of this machine; the launcher ends it
	cmd.Dir = "/"
	// The environment of this process stays out: it may hold secrets.
	cmd.Env = []string{"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "MALLOC_ARENA_MAX=2"}
	cmd.SysProcAttr = owner.attributes()
	return cmd
}
