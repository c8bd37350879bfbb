//go:build !linux

package e2e_test

import "syscall"

// apart is a process like any other.
func apart() *syscall.SysProcAttr { return nil }
