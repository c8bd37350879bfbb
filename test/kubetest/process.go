package kubetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

// A launcher starts programs that die with this process, however it dies. The
// kernel sends the death signal when the thread that started the child ends,
// so one thread starts all and lives as long as they may.
type launcher struct{ jobs chan func() }

func newLauncher() *launcher {
	l := &launcher{jobs: make(chan func())}
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		for job := range l.jobs {
			job()
		}
	}()
	return l
}

// start starts a program and logs its output into a file of the folder.
func (l *launcher) start(dir, name, path string, args ...string) (*process, error) {
	output, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) //nolint:gosec // in a folder of ours
	if err != nil {
		return nil, err
	}
	defer func() { _ = output.Close() }()
	cmd := exec.Command(path, args...) //nolint:gosec,noctx // a program that the tester names; it is killed
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the tests, which stop it
	dieWithParent(cmd.SysProcAttr)
	started := make(chan error)
	l.jobs <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, output: output.Name(), exited: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

func (l *launcher) close() { close(l.jobs) }

// A process is a running program.
type process struct {
	cmd    *exec.Cmd
	output string
	exited chan struct{}
}

// kill ends it at once and returns when it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.exited
}

// log returns the end of the program's output.
func (p *process) log() string {
	b, err := os.ReadFile(p.output)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-4000):])
}
