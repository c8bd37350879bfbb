package e2e_test

import "syscall"

// apart is a process that a terminal does not interrupt, and that ends with the
// thread that has started it.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
