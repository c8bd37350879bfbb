package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// A template is a data folder with system tables and no account, made once and
// copied for each server.
type template struct {
	h    *host
	path string
	lock chan struct{} // one maker at a time, each with its own context
	made bool          // guarded by lock
}

func newTemplate(h *host) *template {
	return &template{h: h, path: filepath.Join(h.files.path, "template"), lock: make(chan struct{}, 1)}
}

// copyTo makes the data folder dst, which then belongs to the servers' user.
func (t *template) copyTo(ctx context.Context, dst string) error {
	if err := t.make(ctx); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	if err := copyTree(ctx, dst, filepath.Join(t.path, "data"), t.h.owner); err != nil {
		return fmt.Errorf("copy template: %w", err)
	}
	return nil
}

// make makes the template on the first call. After a failure the next call
// tries again.
func (t *template) make(ctx context.Context) error {
	select {
	case t.lock <- struct{}{}:
		defer func() { <-t.lock }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if t.made {
		return nil
	}
	if err := t.bootstrap(ctx); err != nil {
		return errors.Join(err, os.RemoveAll(t.path))
	}
	t.made = true
	return nil
}

// bootstrap makes the data folder with the flavour's own programs.
func (t *template) bootstrap(ctx context.Context) error {
	if err := os.Mkdir(t.path, 0o700); err != nil {
		return err
	}
	if err := t.h.owner.grantSearch(t.path); err != nil {
		return err
	}
	data := filepath.Join(t.path, "data")
	if err := t.h.flavour.bootstrap(ctx, t, data); err != nil {
		return err
	}
	// From now on only we read it: copies are made with our rights.
	return os.Lchown(data, os.Getuid(), os.Getgid())
}

// run runs a program that makes the data folder, to its end.
func (t *template) run(ctx context.Context, cmd *exec.Cmd, in *os.File) error {
	log, err := os.Create(filepath.Join(t.path, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	if in != nil {
		cmd.Stdin = in
	}
	cmd.Stdout, cmd.Stderr = log, log
	p, err := t.h.launcher.start(cmd, signals{end: syscall.SIGTERM, kill: syscall.SIGKILL})
	if err != nil {
		return err
	}
	if err := p.wait(ctx); err != nil {
		return fmt.Errorf("make system tables: %w%s", err, tail(log.Name()))
	}
	return nil
}

// copyTree copies a folder of folders and files and gives the copy to owner,
// its root last, so that others stay out until it is complete.
func copyTree(ctx context.Context, dst, src string, owner identity) error {
	err := filepath.WalkDir(src, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		rel, err := filepath.Rel(src, path)
		if err != nil {
			return err
		}
		target := filepath.Join(dst, rel)
		switch {
		case entry.IsDir():
			err = os.Mkdir(target, 0o700)
		case entry.Type().IsRegular():
			err = copyFile(target, path)
		default:
			err = fmt.Errorf("%s is neither a file nor a folder", path)
		}
		if err != nil || rel == "." {
			return err
		}
		return owner.own(target)
	})
	if err != nil {
		return err
	}
	return owner.own(dst)
}

func copyFile(dst, src string) error {
	from, err := os.OpenFile(src, os.O_RDONLY|syscall.O_NOFOLLOW, 0) //nolint:gosec // our own folder
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // our own folder
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

// tail is the end of a server's log, for an error.
func tail(path string) string {
	text, err := os.ReadFile(path) //nolint:gosec // our own folder
	if err != nil || len(text) == 0 {
		return ""
	}
	const enough = 1000
	return "; log: " + string(text[max(0, len(text)-enough):])
}
