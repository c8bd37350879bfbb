package engine

import (
	"context"
	"os/exec"
	"runtime"
	"syscall"
)

// A launcher starts processes that die when this process dies. The kernel sends
// the death signal when the *thread* that started the child ends, so all
// children are started by one thread, which lives as long as the launcher.
type launcher struct {
	jobs chan func()
}

func newLauncher() *launcher {
	l := &launcher{jobs: make(chan func())}
	go func() {
		// Never unlocked: the thread ends with the goroutine, and with it any
		// child that should be left then.
		runtime.LockOSThread()
		for job := range l.jobs {
			job()
		}
	}()
	return l
}

// start starts cmd, whose files must be real ones (*os.File).
func (l *launcher) start(cmd *exec.Cmd) (*process, error) {
	dieWithParent(cmd.SysProcAttr)
	started := make(chan error)
	l.jobs <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, exited: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// close ends the thread. Nothing may be started afterwards.
func (l *launcher) close() { close(l.jobs) }

// A process is a running child.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
	err    error // how it ended; valid once exited is closed
}

// wait waits for the process to end by itself and kills it if ctx is first.
func (p *process) wait(ctx context.Context) error {
	select {
	case <-p.exited:
		return p.err
	case <-ctx.Done():
		p.kill()
		return context.Cause(ctx)
	}
}

// kill ends the process at once and returns when it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.exited
}

// terminate asks the process to end in good order, and kills it if ctx ends
// first.
func (p *process) terminate(ctx context.Context) error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails only if it has ended
	select {
	case <-p.exited:
		return nil
	case <-ctx.Done():
		p.kill()
		return context.Cause(ctx)
	}
}
