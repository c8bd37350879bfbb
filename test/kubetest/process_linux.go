package kubetest

import "syscall"

// dieWithParent has the kernel kill the child when the thread that starts it
// ends (prctl(2), PR_SET_PDEATHSIG).
func dieWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGKILL }
