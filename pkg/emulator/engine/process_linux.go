package engine

import "syscall"

// supported reports whether children can be bound to this process's life.
const supported = true

// dieWithParent has the kernel send the child a signal when the thread that starts it
// ends (prctl(2), PR_SET_PDEATHSIG).
func dieWithParent(attributes *syscall.SysProcAttr, by syscall.Signal) {
	attributes.Pdeathsig = by
}
