package engine

import (
	"context"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// killTimeout is the time that a killed process may take to end its children.
const killTimeout = 10 * time.Second

// A launcher starts processes that die when this process dies. The kernel sends
// the death signal when the *thread* that started the child ends, so all
// children are started by one thread, which lives as long as the launcher.
type launcher struct {
	jobs chan func()
}

func newLauncher() *launcher {
	l := &launcher{jobs: make(chan func())}
	go func() {
		// The thread stays locked: it ends with the goroutine, and the kernel
		// ends its remaining children.
		runtime.LockOSThread()
		for job := range l.jobs {
			job()
		}
	}()
	return l
}

// start starts cmd, whose files must be real ones (*os.File).
func (l *launcher) start(cmd *exec.Cmd, by signals) (*process, error) {
	dieWithParent(cmd.SysProcAttr, by.kill)
	started := make(chan error)
	l.jobs <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, by: by, exited: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// close ends the thread, after the last start.
func (l *launcher) close() { close(l.jobs) }

// A process is a running child.
type process struct {
	cmd    *exec.Cmd
	by     signals
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

// kill ends the process at once and returns after its end. A process with
// children gets a moment to end them.
func (p *process) kill() {
	if p.by.kill != syscall.SIGKILL {
		_ = p.cmd.Process.Signal(p.by.kill) // fails only if it has ended
		moment := time.NewTimer(killTimeout)
		defer moment.Stop()
		select {
		case <-p.exited:
			return
		case <-moment.C:
		}
	}
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.exited
}

// terminate requests an orderly end of the process, and kills it if ctx ends
// first.
func (p *process) terminate(ctx context.Context) error {
	_ = p.cmd.Process.Signal(p.by.end) // fails only if it has ended
	select {
	case <-p.exited:
		return nil
	case <-ctx.Done():
		p.kill()
		return context.Cause(ctx)
	}
}
