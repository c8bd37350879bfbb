package main

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// detached puts a program into a session of its own and ends it with its parent,
// also after kill -9 of the parent.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGTERM}
}

// endWithParent sends SIGTERM to this process when its parent ends, also after
// kill -9 of the parent. The calling thread must live as long as the process.
func endWithParent() error {
	return unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGTERM), 0, 0, 0)
}
