package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// mostFilled limits the file of runDisk: the command is for small disks, and
// must spare the disk of a machine.
const mostFilled = 64 << 20

// runDisk fills up the disk that a file is to be on, as whatever else is there
// may do, or makes room again.
func runDisk(args []string, e env) error {
	if len(args) != 2 {
		return fmt.Errorf("%w: client disk fill|free FILE", errUsage)
	}
	switch args[0] {
	case "fill":
		n, err := fillDisk(args[1], mostFilled)
		if err == nil {
			_, err = fmt.Fprintln(e.out, n)
		}
		return err
	case "free":
		return os.Remove(args[1]) //nolint:gosec // the caller names it
	default:
		return fmt.Errorf("%w: client disk fill|free FILE", errUsage)
	}
}

// fillDisk writes a new file until the disk is full and returns how many bytes
// that were. A disk with more room than the limit is left as it was.
func fillDisk(path string, limit int) (int, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the caller names it
	if err != nil {
		return 0, err
	}
	defer file.Close()
	block, written := make([]byte, 4<<10), 0
	for written < limit {
		n, err := file.Write(block)
		written += n
		if errors.Is(err, syscall.ENOSPC) {
			return written, nil
		}
		if err != nil {
			return written, errors.Join(err, os.Remove(path)) //nolint:gosec // it was made above
		}
	}
	return 0, errors.Join(fmt.Errorf("the disk of %s has room for more than %d bytes", path, limit), os.Remove(path)) //nolint:gosec // it was made above
}
