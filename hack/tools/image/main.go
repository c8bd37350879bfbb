// Command image packs static programs of this project into container images,
// without a container daemon: make image calls it. For each program it writes
// NAME-ARCH.tar, an archive in the form of an OCI image layout and of docker
// save at once, and NAME-ARCH.cdx.json, a CycloneDX list of the software in it.
//
// The code is our own, on go-containerregistry's types: builders of images want
// a daemon, a base image or the network, and leave times and orders in the
// output. Here the same binary, version, revision and commit time give the same
// digest on every machine.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// A release is the common part of the images of one run.
type release struct {
	prefix   string // of image names: registry and namespace, with the slash
	tag      string
	version  string
	revision string // the commit
	created  time.Time
	arch     string // as Go calls it
	binaries string // folder of the programs
	out      string // folder of the archives
}

// run packs the programs that args name and prints a line for each: image,
// digest, bytes as stored in a registry, archive.
func run(args []string, out io.Writer) error {
	r, names, err := parse(args)
	if err != nil {
		return err
	}
	for _, name := range names {
		p, ok := programs()[name]
		if !ok {
			return fmt.Errorf("there is no program %q", name)
		}
		image, err := r.write(p)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		digest, err := image.Digest()
		if err != nil {
			return err
		}
		size, err := storedSize(image)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s@%s %d %s\n", r.reference(p), digest, size, r.archive(p)); err != nil {
			return err
		}
	}
	return nil
}

func parse(args []string) (release, []string, error) {
	var r release
	var created string
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	flags.StringVar(&r.prefix, "prefix", "", "registry and namespace of the images, such as registry.example.com/brokers/")
	flags.StringVar(&r.tag, "tag", "", "tag of the images (default: the version)")
	flags.StringVar(&r.version, "version", "", "version of the programs")
	flags.StringVar(&r.revision, "revision", "", "commit they are built from")
	flags.StringVar(&created, "created", "0", "time of that commit, in seconds since 1970")
	flags.StringVar(&r.arch, "arch", "amd64", "architecture they are built for: amd64 or arm64")
	flags.StringVar(&r.binaries, "binaries", "", "folder of the programs")
	flags.StringVar(&r.out, "out", "dist", "folder to write to")
	if err := flags.Parse(args); err != nil {
		return release{}, nil, err
	}
	if r.version == "" || r.binaries == "" || flags.NArg() == 0 {
		return release{}, nil, errors.New("wanted: --version, --binaries and the names of programs")
	}
	seconds, err := strconv.ParseInt(created, 10, 64)
	if err != nil {
		return release{}, nil, fmt.Errorf("--created: %w", err)
	}
	r.created = time.Unix(seconds, 0).UTC()
	if r.tag == "" {
		r.tag = r.version
	}
	r.tag = strings.ReplaceAll(r.tag, "+", "_") // a version may have it, and a tag may not
	return r, flags.Args(), nil
}

// write packs one program, with its list of software beside it.
func (r release) write(p program) (v1.Image, error) {
	binary, err := os.ReadFile(filepath.Join(r.binaries, p.name))
	if err != nil {
		return nil, err
	}
	image, err := r.image(p, binary)
	if err != nil {
		return nil, err
	}
	list, err := r.software(p, binary, image)
	if err != nil {
		return nil, err
	}
	const forAll, folderForAll = 0o644, 0o755
	if err := os.MkdirAll(r.out, folderForAll); err != nil {
		return nil, err
	}
	if err := os.WriteFile(r.list(p), list, forAll); err != nil { //nolint:gosec // the caller names the folder
		return nil, err
	}
	archive, err := os.Create(r.archive(p)) //nolint:gosec // the caller names the folder
	if err != nil {
		return nil, err
	}
	return image, errors.Join(r.pack(archive, p, image), archive.Close())
}

// reference is the image's name and tag as people write them.
func (r release) reference(p program) string { return r.prefix + p.name + ":" + r.tag }

// archive is the path of the image's archive.
func (r release) archive(p program) string {
	return filepath.Join(r.out, p.name+"-"+r.arch+".tar")
}

// list is the path of the list of software in the image.
func (r release) list(p program) string {
	return filepath.Join(r.out, p.name+"-"+r.arch+".cdx.json")
}

// storedSize returns the bytes that a registry stores and a node fetches: the
// compressed layer, the configuration and the manifest.
func storedSize(image v1.Image) (int64, error) {
	manifest, err := image.Manifest()
	if err != nil {
		return 0, err
	}
	size, err := image.Size()
	if err != nil {
		return 0, err
	}
	size += manifest.Config.Size
	for _, layer := range manifest.Layers {
		size += layer.Size
	}
	return size, nil
}
