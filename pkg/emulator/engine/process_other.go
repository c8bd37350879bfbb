//go:build !linux

package engine

import "syscall"

// supported is false: without a death signal a crash would leave servers
// behind, so engines answer ErrNotInstalled here.
const supported = false

func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
