package main

import (
	"bytes"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// pack makes an image of a text in place of the program, and reads its archive.
func pack(t *testing.T, name string, args ...string) v1.Image {
	t.Helper()
	r, names, err := parse(append(append([]string{"--version=v1", "--binaries=b", "--created=1700000000"}, args...), name))
	if err != nil {
		t.Fatal(err)
	}
	p := programs()[names[0]]
	image, err := r.image(p, []byte("the program"))
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := r.pack(&archive, p, image); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(path, archive.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	image = asLayout(t, path)
	if digest(t, asDocker(t, path)) != digest(t, image) {
		t.Error("the archive is one image for docker load and another one for readers of OCI layouts")
	}
	return image
}

func TestImages_Files_AreTheProgramOnly(t *testing.T) {
	for name, p := range programs() {
		t.Run(name, func(t *testing.T) {
			image := pack(t, name)
			files := filesOf(t, image)
			want := append([]string{name}, p.folders...)
			got := slices.Sorted(maps.Keys(files))
			for i := range got {
				got[i] = strings.TrimSuffix(got[i], "/")
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if program := files[name].header; program.Mode != 0o555 || program.Uid != 0 || program.Gid != 0 {
				t.Errorf("the program has mode %o and belongs to %d:%d; want 555 and root", program.Mode, program.Uid, program.Gid)
			}
			for _, folder := range p.folders {
				if header := files[folder+"/"].header; header.Mode != 0o700 || header.Uid != unprivileged {
					t.Errorf("%s has mode %o and belongs to %d; want 700 and %d", folder, header.Mode, header.Uid, unprivileged)
				}
			}
			config := configOf(t, image)
			if config.Config.User != "65532:65532" {
				t.Errorf("the user is %q, want a number that is not root's", config.Config.User)
			}
			if diff := cmp.Diff([]string{"/" + name}, config.Config.Entrypoint); diff != "" || len(config.Config.Cmd) > 0 {
				t.Errorf("entrypoint and command %q (-want +got):\n%s", config.Config.Cmd, diff)
			}
			if config.OS != "linux" || config.Architecture != "amd64" {
				t.Errorf("the platform is %s/%s", config.OS, config.Architecture)
			}
		})
	}
}

func TestImages_LabelsAndAnnotations_DescribeThem(t *testing.T) {
	image := pack(t, broker, "--revision=c0ffee", "--arch=arm64")
	const prefix = "org.opencontainers.image."
	want := map[string]string{
		prefix + "created": "2023-11-14T22:13:20Z", prefix + "revision": "c0ffee", prefix + "version": "v1", prefix + "licenses": "Apache-2.0",
		prefix + "title": "Alibaba Cloud Service Broker", prefix + "description": "Open Service Broker for Alibaba Cloud", prefix + "source": source,
	}
	config := configOf(t, image)
	if diff := cmp.Diff(want, config.Config.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	manifest, err := image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, manifest.Annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	if config.Architecture != "arm64" {
		t.Errorf("the architecture is %s, want arm64", config.Architecture)
	}
	if _, ok := configOf(t, pack(t, broker)).Config.Labels[prefix+"revision"]; ok {
		t.Error("a revision that is not known has a label")
	}
}

func TestImages_Names_AreThoseContainerdLooksUp(t *testing.T) {
	cases := map[string]struct {
		reason      string
		prefix, tag string
		want        string
	}{
		"Bare":     {reason: "Names without registry are Docker Hub's own.", tag: "v1", want: "docker.io/library/alibabacloud-servicebroker:v1"},
		"Hub":      {reason: "A name with one slash is Docker Hub's.", prefix: "someone/", tag: "v1", want: "docker.io/someone/alibabacloud-servicebroker:v1"},
		"Registry": {reason: "A host is a registry.", prefix: "registry.example.com:5000/a/", tag: "v1", want: "registry.example.com:5000/a/alibabacloud-servicebroker:v1"},
		"Plus":     {reason: "A tag cannot have the plus of a version.", tag: "v1+2", want: "docker.io/library/alibabacloud-servicebroker:v1_2"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r, _, err := parse([]string{"--version=v0", "--binaries=b", "--prefix", tc.prefix, "--tag", tc.tag, broker})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := r.fullName(programs()[broker]); err != nil || got != tc.want {
				t.Errorf("the full name is %q (%v), want %q: %s", got, err, tc.want, tc.reason)
			}
		})
	}
}

func TestImage_WrongUse_IsTold(t *testing.T) {
	for _, args := range [][]string{
		nil, {"--version=v1", "--binaries=b"}, {"--binaries=b", broker}, {"--version=v1", broker},
		{"--version=v1", "--binaries=b", "--created=today", broker}, {"--version=v1", "--binaries", t.TempDir(), "nope"},
		{"--version=v1", "--binaries", t.TempDir(), broker}, {"--version=v1", "--tag=a/b", "--binaries", t.TempDir(), broker},
	} {
		if err := run(args, io.Discard); err == nil {
			t.Errorf("image %q: no error", args)
		}
	}
}
