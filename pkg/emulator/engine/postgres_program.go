package engine

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// A postgresProgram is an installed PostgreSQL.
type postgresProgram struct{ bin string } // the folder of postgres and initdb

// findPostgres searches PATH and Debian's folders, the newest version first,
// which no PATH has.
func findPostgres() (postgresProgram, error) {
	if !supported {
		return postgresProgram{}, errNotFound("engines need Linux")
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return postgresProgram{}, err
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // 0 for another name
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return cmp.Compare(version(b), version(a)) })
	if path, err := exec.LookPath("postgres"); err == nil {
		found = slices.Insert(found, 0, path)
	}
	for _, path := range found {
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			path = resolved
		}
		bin, err := filepath.Abs(filepath.Dir(path))
		if err != nil {
			return postgresProgram{}, err
		}
		if _, err := os.Stat(filepath.Join(bin, "initdb")); err == nil {
			return postgresProgram{bin}, nil
		}
	}
	return postgresProgram{}, errNotFound("postgres and initdb are not in PATH nor in /usr/lib/postgresql/*/bin")
}

// initdb is the program that makes a data folder: everyone logs in with a
// password, and files are small.
func (p postgresProgram) initdb(owner identity, data, password string) *exec.Cmd {
	return p.exec(owner, "initdb",
		"--pgdata="+data,
		"--username="+adminName,
		"--pwfile="+password,
		"--auth=scram-sha-256",
		"--encoding=UTF8",
		"--locale=C",
		"--wal-segsize=1",
		"--no-sync",
		"--no-instructions",
	)
}

// command is postgres on a data folder with little memory, without network and
// replication, and with the fewest processes that work.
func (p postgresProgram) command(owner identity, data string) *exec.Cmd {
	args := []string{"-D", data}
	for _, setting := range []string{
		"listen_addresses=",
		"unix_socket_directories=../run",  // relative to the data: a socket's path must be short
		"dynamic_shared_memory_type=mmap", // files with the data, which go with it
		"max_connections=100",
		"shared_buffers=4MB",
		"wal_buffers=512kB",
		"work_mem=1MB",
		"maintenance_work_mem=16MB",
		"min_wal_size=2MB",
		"max_wal_size=16MB",
		"wal_level=minimal",
		"max_wal_senders=0",
		"max_logical_replication_workers=0",
		"max_worker_processes=0",
		"max_parallel_workers_per_gather=0",
		"autovacuum_max_workers=1",
		"jit=off",
		// The data survive a crash of this server, though not of the machine.
		"fsync=off",
		"full_page_writes=off",
		// Passwords and texts of clients stay out of the log.
		"log_min_messages=error",
		"log_min_error_statement=panic",
		"logging_collector=off",
	} {
		args = append(args, "-c", setting)
	}
	return p.exec(owner, "postgres", args...)
}

func (p postgresProgram) exec(owner identity, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, name), args...) //nolint:gosec,noctx // a program of this machine; the launcher ends it
	cmd.Dir = "/"
	// The environment of this process stays out: it may hold secrets.
	cmd.Env = []string{"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TZ=UTC"}
	cmd.SysProcAttr = owner.attributes()
	return cmd
}
