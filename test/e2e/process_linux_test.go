package e2e_test

import "syscall"

// apart makes a process deaf to the terminal's interrupts, and ends it with the
// thread that started it.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
