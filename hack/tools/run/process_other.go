//go:build !linux

package main

import "syscall"

// detached puts a program into a session of its own.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// endWithParent does nothing: only Linux tells a process of its parent's end.
func endWithParent() error { return nil }
