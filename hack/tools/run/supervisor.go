package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

const (
	startTime = 60 * time.Second // to listen
	stopTime  = 70 * time.Second // to stop; the broker lets requests end, for up to 55 s
	dialEvery = 100 * time.Millisecond
	lookEvery = 500 * time.Millisecond
)

// A stopped is the end by a signal; it says why.
type stopped struct{ why string }

// Error says why.
func (s stopped) Error() string { return "run: stopping: " + s.why }

// A supervisor runs programs and ends all of them together.
type supervisor struct {
	signals  <-chan os.Signal
	parent   int        // the process that started this one
	programs []*program // in the order of their starts
}

// A program is a started process.
type program struct {
	name    string
	process *os.Process
	ended   chan struct{} // closed at its end
}

// start starts a program in a session of its own: Ctrl-C on the terminal reaches
// the supervisor alone, which stops the programs in their order.
func (s *supervisor) start(name, path string, env []string, args ...string) error {
	command := exec.Command(path, args...) //nolint:gosec,noctx // the programs of make build; the supervisor ends them
	command.Env = env
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.SysProcAttr = detached()
	if err := command.Start(); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is missing: run make build first", path)
	} else if err != nil {
		return err
	}
	p := &program{name: name, process: command.Process, ended: make(chan struct{})}
	go func() {
		_ = command.Wait() // the end itself is the failure
		close(p.ended)
	}()
	s.programs = append(s.programs, p)
	return nil
}

// listening waits until the program accepts connections.
func (s *supervisor) listening(name, listen string) error {
	address := reachable(listen)
	for end := time.Now().Add(startTime); time.Now().Before(end); {
		connection, err := net.DialTimeout("tcp", address, startTime) //nolint:noctx // bounded by its time-out
		if err == nil {
			return connection.Close()
		}
		if err := s.wait(dialEvery); err != nil {
			return err
		}
	}
	return fmt.Errorf("the %s does not listen at %s after %v", name, address, startTime)
}

// wait waits for d. It returns an error as soon as a program has died, and a
// stopped after a signal.
func (s *supervisor) wait(d time.Duration) error {
	for _, p := range s.programs {
		select {
		case <-p.ended:
			return fmt.Errorf("the %s has died", p.name)
		default:
		}
	}
	select {
	case signal := <-s.signals:
		if os.Getppid() != s.parent {
			return stopped{fmt.Sprintf("the process that started it, %d, has ended (%v)", s.parent, signal)}
		}
		return stopped{fmt.Sprintf("signal received: %v", signal)}
	case <-time.After(d):
		return nil
	}
}

// forever waits until a program dies or the run is stopped.
func (s *supervisor) forever() error {
	for {
		if err := s.wait(lookEvery); err != nil {
			return err
		}
	}
}

// stop ends the programs, the last one first. A program that must be killed is
// an error.
func (s *supervisor) stop() error {
	var all []error
	for _, p := range slices.Backward(s.programs) {
		if p.process.Signal(syscall.SIGTERM) != nil {
			continue // it has ended
		}
		select {
		case <-p.ended:
		case <-time.After(stopTime):
			all = append(all, fmt.Errorf("the %s did not stop in %v: killed", p.name, stopTime))
			_ = p.process.Kill() // it may end meanwhile
			<-p.ended
		}
	}
	return errors.Join(all...)
}
