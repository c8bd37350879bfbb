package main

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// A dockerManifest is an entry of manifest.json, which docker load reads.
type dockerManifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// pack writes the image as one archive that both kinds of readers know, the way
// docker save does since version 25: an OCI image layout, and a manifest.json
// that points at the same blobs.
func (r release) pack(out io.Writer, p program, image v1.Image) error {
	full, err := r.fullName(p)
	if err != nil {
		return err
	}
	index, err := r.index(image, full)
	if err != nil {
		return err
	}
	files, err := blobs(image)
	if err != nil {
		return err
	}
	manifest, err := image.Manifest()
	if err != nil {
		return err
	}
	docker := dockerManifest{Config: blob(manifest.Config.Digest), RepoTags: []string{r.reference(p)}}
	for _, layer := range manifest.Layers {
		docker.Layers = append(docker.Layers, blob(layer.Digest))
	}
	if files["manifest.json"], err = json.Marshal([]dockerManifest{docker}); err != nil {
		return err
	}
	files["index.json"] = index
	files["oci-layout"] = []byte(`{"imageLayoutVersion":"1.0.0"}`)
	return r.tar(out, files)
}

// fullName is the image's name with its registry, which containerd looks images
// up by. It calls Docker Hub docker.io.
func (r release) fullName(p program) (string, error) {
	tag, err := name.NewTag(r.reference(p))
	if err != nil {
		return "", err
	}
	if path, ok := strings.CutPrefix(tag.Name(), name.DefaultRegistry+"/"); ok {
		return "docker.io/" + path, nil
	}
	return tag.Name(), nil
}

// index is the layout's table of contents: the one image, with its names for
// containerd and for the OCI specification's own readers.
func (r release) index(image v1.Image, full string) ([]byte, error) {
	index := mutate.IndexMediaType(mutate.AppendManifests(empty.Index, mutate.IndexAddendum{
		Add: image,
		Descriptor: v1.Descriptor{
			Annotations: map[string]string{
				"io.containerd.image.name":          full,
				"org.opencontainers.image.ref.name": r.tag,
			},
			Platform: &v1.Platform{OS: "linux", Architecture: r.arch},
		},
	}), types.OCIImageIndex)
	return index.RawManifest()
}

// blobs are the image's manifest, configuration and layers by their path.
func blobs(image v1.Image) (map[string][]byte, error) {
	manifest, err := image.RawManifest()
	if err != nil {
		return nil, err
	}
	digest, err := image.Digest()
	if err != nil {
		return nil, err
	}
	config, err := image.RawConfigFile()
	if err != nil {
		return nil, err
	}
	configName, err := image.ConfigName()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{blob(digest): manifest, blob(configName): config}
	layers, err := image.Layers()
	if err != nil {
		return nil, err
	}
	for _, layer := range layers {
		digest, err := layer.Digest()
		if err != nil {
			return nil, err
		}
		if files[blob(digest)], err = read(layer); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func read(layer v1.Layer) (_ []byte, err error) {
	compressed, err := layer.Compressed()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, compressed.Close()) }()
	return io.ReadAll(compressed)
}

// blob returns the path of the content with that digest in an OCI image layout.
func blob(digest v1.Hash) string { return fmt.Sprintf("blobs/%s/%s", digest.Algorithm, digest.Hex) }

// tar writes files in the order of their names.
func (r release) tar(out io.Writer, files map[string][]byte) error {
	const forAll = 0o644
	archive := tar.NewWriter(out)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if err := archive.WriteHeader(&tar.Header{
			Typeflag: tar.TypeReg, Name: path, Mode: forAll, Size: int64(len(files[path])),
			ModTime: r.created, Format: tar.FormatUSTAR,
		}); err != nil {
			return err
		}
		if _, err := archive.Write(files[path]); err != nil {
			return err
		}
	}
	return archive.Close()
}
