package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// image is the program on an empty base: one layer, with the binary and its
// writable folders.
func (r release) image(p program, binary []byte) (v1.Image, error) {
	files, err := r.files(p, binary)
	if err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files)), nil }
	layer, err := tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer),
		tarball.WithCompressionLevel(gzip.BestCompression), tarball.WithCompressedCaching)
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	created := v1.Time{Time: r.created}
	image, err := mutate.Append(base, mutate.Addendum{
		Layer:     layer,
		MediaType: types.OCILayer,
		History:   v1.History{Created: created, CreatedBy: "make image", Comment: p.name + " " + r.version},
	})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = "linux", r.arch, created
	config.Config = r.config(p)
	if image, err = mutate.ConfigFile(image, config); err != nil {
		return nil, err
	}
	annotated, ok := mutate.Annotations(image, r.labels(p)).(v1.Image)
	if !ok {
		return nil, errors.New("an annotated image is no image")
	}
	return annotated, nil
}

// config returns the run configuration of the image.
func (r release) config(p program) v1.Config {
	config := v1.Config{
		User:       userAndGroup(),
		Entrypoint: []string{"/" + p.name},
		Env:        p.environment,
		WorkingDir: "/",
		Labels:     r.labels(p),
	}
	for _, port := range p.ports {
		if config.ExposedPorts == nil {
			config.ExposedPorts = map[string]struct{}{}
		}
		config.ExposedPorts[port] = struct{}{}
	}
	return config
}

// labels are the labels of the OCI image specification (annotations.md) with a
// known value.
func (r release) labels(p program) map[string]string {
	const prefix = "org.opencontainers.image."
	labels := map[string]string{
		prefix + "created":     r.created.Format(time.RFC3339),
		prefix + "description": p.description,
		prefix + "licenses":    licence,
		prefix + "revision":    r.revision,
		prefix + "source":      source,
		prefix + "title":       p.title,
		prefix + "version":     r.version,
	}
	maps.DeleteFunc(labels, func(_, value string) bool { return value == "" })
	return labels
}

// files returns the layer as a tar file. The binary belongs to root and is
// read-only; the folders belong to the image's user alone.
func (r release) files(p program, binary []byte) ([]byte, error) {
	const onlyOwner, executable = 0o700, 0o555
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	if err := archive.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: p.name, Mode: executable, Size: int64(len(binary)),
		ModTime: r.created, Format: tar.FormatUSTAR,
	}); err != nil {
		return nil, err
	}
	if _, err := archive.Write(binary); err != nil {
		return nil, err
	}
	for _, folder := range p.folders {
		if err := archive.WriteHeader(&tar.Header{
			Typeflag: tar.TypeDir, Name: folder + "/", Mode: onlyOwner, Uid: unprivileged, Gid: unprivileged,
			ModTime: r.created, Format: tar.FormatUSTAR,
		}); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
