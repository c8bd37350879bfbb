//go:build !linux

package main

import "syscall"

// detached puts a program into a session of its own.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
