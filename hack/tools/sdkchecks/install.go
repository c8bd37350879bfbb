package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// install brings the packages of a language into the state of its files. stamp
// is where the digest of the files is kept after a whole installation.
func (l language) install(ctx context.Context, folder, stamp string, environment []string) error {
	programs := make([]string, 0, len(l.Programs))
	for program := range l.Programs {
		programs = append(programs, program)
	}
	slices.Sort(programs)
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s is missing (Debian: apt-get install %s)", program, l.Programs[program])
		}
	}
	digest, err := l.digest(folder)
	if err != nil {
		return err
	}
	if have, err := os.ReadFile(stamp); err == nil && len(l.Files) > 0 && string(have) == digest { //nolint:gosec // our own file
		return nil
	}
	if err := os.RemoveAll(stamp); err != nil {
		return err
	}
	for _, words := range l.Install {
		command := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // clients.yaml is ours
		command.Dir, command.Env = folder, environment
		var output bytes.Buffer
		command.Stdout, command.Stderr = &output, &output
		if err := command.Run(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(words, " "), err, tail(output.String()))
		}
	}
	if err := os.MkdirAll(filepath.Dir(stamp), 0o750); err != nil {
		return err
	}
	return os.WriteFile(stamp, []byte(digest), 0o600)
}

// tail is the end of a long output, where the reason stands.
func tail(output string) string {
	const room = 4000
	if len(output) > room {
		return "..." + output[len(output)-room:]
	}
	return output
}

// digest is one of the commands and of the files, which may be folders.
func (l language) digest(folder string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, l.Install)
	for _, name := range l.Files {
		err := filepath.WalkDir(filepath.Join(folder, name), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			file, err := os.Open(path) //nolint:gosec // the folder is the caller's choice
			if err != nil {
				return err
			}
			defer file.Close()
			fmt.Fprintln(sum, path)
			_, err = io.Copy(sum, file)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
