package main

import "syscall"

// detached puts a program into a session of its own and ends it with its parent,
// also after kill -9 of the parent.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGTERM}
}
