package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

const (
	root   = "../../.."
	broker = "alibabacloud-servicebroker"
)

// made is the output of make image.
type made struct{ archive, list string }

func TestMakeImage_AnyFolder_WritesTheSameBytes(t *testing.T) {
	one, another := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "another", "folder")
	copyContext(t, one)
	if err := os.CopyFS(another, os.DirFS(one)); err != nil {
		t.Fatal(err)
	}
	first, second := makeImage(t, one), makeImage(t, another)
	if !bytes.Equal(contents(t, first.archive), contents(t, second.archive)) {
		t.Error("two builds of the same source give different archives")
	}
	if !bytes.Equal(contents(t, first.list), contents(t, second.list)) {
		t.Error("two builds of the same source give different lists of software")
	}
	image, err := tarball.ImageFromPath(first.archive, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("Small", func(t *testing.T) {
		const limit = 60 << 20
		if size, err := storedSize(image); err != nil || size >= limit {
			t.Errorf("the image is %d bytes as stored (%v), want less than %d", size, err, limit)
		}
	})
	t.Run("Version", func(t *testing.T) {
		program := filepath.Join(t.TempDir(), broker)
		if err := os.WriteFile(program, filesOf(t, image)[broker].contents, 0o700); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), program, "--version").Output()
		config := configOf(t, image)
		if got := strings.TrimSpace(string(out)); err != nil || got != "v1.2.3-test" || got != config.Config.Labels["org.opencontainers.image.version"] {
			t.Errorf("the program in the image has version %q (%v), its label says %v", got, err, config.Config.Labels)
		}
	})
	t.Run("Software", func(t *testing.T) { testSoftware(t, one, contents(t, first.list)) })
}

// makeImage runs make image for the broker, with the Go of the test.
func makeImage(t *testing.T, dir string) made {
	t.Helper()
	dist := filepath.Join(t.TempDir(), "dist")
	out, err := makeCommand(t.Context(), dir, "image", "IMAGE_PROGRAMS="+broker, "DIST="+dist, "GOARCH="+runtime.GOARCH, "IMAGE_GO=local",
		"VERSION=v1.2.3-test", "REVISION=c0ffee", "SOURCE_DATE_EPOCH=1700000000").CombinedOutput()
	if err != nil {
		t.Fatalf("make image: %v\n%s", err, out)
	}
	base := filepath.Join(dist, broker+"-"+runtime.GOARCH)
	return made{archive: base + ".tar", list: base + ".cdx.json"}
}

// makeCommand is make without the variables of a make around this test.
func makeCommand(ctx context.Context, dir string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "make", args...)
	command.Dir = dir
	command.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return strings.HasPrefix(name, "MAKE") || strings.HasPrefix(name, "IMAGE_") || slices.Contains([]string{"MFLAGS", "GOARCH", "DIST", "VERSION"}, name)
	})
	return command
}

// copyContext copies the files that a Docker build sees: the ones that
// .dockerignore lets through.
func copyContext(t *testing.T, to string) {
	t.Helper()
	for line := range strings.SplitSeq(string(contents(t, filepath.Join(root, ".dockerignore"))), "\n") {
		name, let := strings.CutPrefix(line, "!")
		if !let {
			continue
		}
		err := filepath.WalkDir(filepath.Join(root, name), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "testdata"):
				return fs.SkipDir
			case entry.IsDir() || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			relative, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			return copyFile(filepath.Join(to, relative), path)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func copyFile(to, from string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, text, info.Mode()))
}

func contents(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// asDocker reads an archive as docker load does.
func asDocker(t *testing.T, archive string) v1.Image {
	t.Helper()
	image, err := tarball.ImageFromPath(archive, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(image); err != nil {
		t.Errorf("as docker load reads it: %v", err)
	}
	return image
}

// asLayout reads an archive as an OCI image layout and gives its only image.
func asLayout(t *testing.T, archive string) v1.Image {
	t.Helper()
	dir := t.TempDir()
	for path, file := range untar(t, contents(t, archive)) {
		if err := errors.Join(
			os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o755),
			os.WriteFile(filepath.Join(dir, path), file.contents, 0o600),
		); err != nil {
			t.Fatal(err)
		}
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Errorf("as an OCI layout: %v", err)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1 {
		t.Fatalf("the layout's index: %+v, %v, want one image", manifest, err)
	}
	image, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// digest identifies an image by its configuration, which holds the digests of
// its layers before compression; archives for Docker lack a manifest.
func digest(t *testing.T, image v1.Image) string {
	t.Helper()
	hash, err := image.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	return hash.String()
}

func configOf(t *testing.T, image v1.Image) *v1.ConfigFile {
	t.Helper()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// A packed is a file of a tar file.
type packed struct {
	header   tar.Header
	contents []byte
}

// filesOf are the files of an image's only layer.
func filesOf(t *testing.T, image v1.Image) map[string]packed {
	t.Helper()
	layers, err := image.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("the image has %d layers (%v), want one", len(layers), err)
	}
	layer, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer layer.Close()
	text, err := io.ReadAll(layer)
	if err != nil {
		t.Fatal(err)
	}
	return untar(t, text)
}

func untar(t *testing.T, text []byte) map[string]packed {
	t.Helper()
	files := map[string]packed{}
	for reader := tar.NewReader(bytes.NewReader(text)); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = packed{*header, text}
	}
}
