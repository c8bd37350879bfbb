package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// A template is a data folder with system tables and no account, made once and
// copied for each server.
type template struct {
	m    *MariaDB
	path string
	turn chan struct{} // one maker at a time, each with its own context
	made bool          // guarded by turn
}

func newTemplate(m *MariaDB) *template {
	return &template{m: m, path: filepath.Join(m.files.path, "template"), turn: make(chan struct{}, 1)}
}

// copyTo makes the data folder dst, which then belongs to the servers' user.
func (t *template) copyTo(ctx context.Context, dst string) error {
	if err := t.make(ctx); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	if err := copyTree(ctx, dst, filepath.Join(t.path, "data"), t.m.owner); err != nil {
		return fmt.Errorf("copy template: %w", err)
	}
	return nil
}

// make makes the template if nobody has yet. If it fails, the next one tries.
func (t *template) make(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
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

// bootstrap runs mariadbd once to make the system tables.
func (t *template) bootstrap(ctx context.Context) error {
	if err := os.Mkdir(t.path, 0o700); err != nil {
		return err
	}
	if err := t.m.owner.letThrough(t.path); err != nil {
		return err
	}
	data, void := filepath.Join(t.path, "data"), filepath.Join(t.path, "void")
	if err := errors.Join(
		os.Mkdir(data, 0o700), t.m.owner.own(data),
		os.Mkdir(void, 0o700), t.m.owner.letThrough(void),
	); err != nil {
		return err
	}
	script, err := t.script()
	if err != nil {
		return err
	}
	defer script.Close()
	log, err := os.Create(filepath.Join(t.path, "log"))
	if err != nil {
		return err
	}
	defer log.Close()

	cmd := t.m.program.command(t.m.owner, data, void, "--bootstrap")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = script, log, log
	p, err := t.m.launcher.start(cmd)
	if err != nil {
		return err
	}
	if err := p.wait(ctx); err != nil {
		return fmt.Errorf("make system tables: %w%s", err, tail(log.Name()))
	}
	// From now on only we read it: copies are made with our rights.
	if err := os.Lchown(data, os.Getuid(), os.Getgid()); err != nil {
		return err
	}
	return nil
}

// script is a file of what mariadbd --bootstrap shall do, one statement a line.
// It leaves out what mariadb-install-db adds: accounts, help and test data.
func (t *template) script() (*os.File, error) {
	tables, err := os.Open(t.m.program.tables)
	if err != nil {
		return nil, err
	}
	defer tables.Close()
	script, err := os.OpenFile(filepath.Join(t.path, "bootstrap.sql"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(script, io.MultiReader(
		strings.NewReader("CREATE DATABASE mysql;\nUSE mysql;\n"),
		tables,
	))
	if err == nil {
		_, err = script.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = script.Close()
		return nil, err
	}
	return script, nil
}

// copyTree copies a folder of folders and files and gives the copy to owner,
// its root last, so that nobody else can enter before it is complete.
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
