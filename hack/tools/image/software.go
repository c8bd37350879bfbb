package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// software lists the contents of the image, as CycloneDX 1.6 in JSON: the
// program, the Go standard library, and the modules that the linker put into
// it, as the binary itself tells. Licences come from the module cache.
func (r release) software(p program, binary []byte, image v1.Image) ([]byte, error) {
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		return nil, err
	}
	folders, err := moduleFolders(info.Deps)
	if err != nil {
		return nil, err
	}
	components := []cyclonedx.Component{r.application(p, binary, info), standardLibrary(info)}
	for _, module := range info.Deps {
		component, err := library(module, folders[actual(module)])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", module.Path, err)
		}
		components = append(components, component)
	}
	digest, err := image.Digest()
	if err != nil {
		return nil, err
	}
	container := r.container(p, digest)

	list := cyclonedx.NewBOM()
	sum := sha256.Sum256(append([]byte(digest.String()), binary...))
	list.SerialNumber = "urn:uuid:" + uuid(sum)
	list.Metadata = &cyclonedx.Metadata{
		Timestamp: r.created.Format(time.RFC3339),
		Component: &container,
	}
	list.Components = &components
	list.Dependencies = dependencies(container, components)
	var out bytes.Buffer
	encoder := cyclonedx.NewBOMEncoder(&out, cyclonedx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false)
	if err := encoder.EncodeVersion(list, cyclonedx.SpecVersion1_6); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// container is the image itself.
func (r release) container(p program, digest v1.Hash) cyclonedx.Component {
	return cyclonedx.Component{
		BOMRef: "image", Type: cyclonedx.ComponentTypeContainer,
		Name: r.prefix + p.name, Version: r.tag, Description: p.description,
		PackageURL: "pkg:oci/" + p.name + "@" + strings.ReplaceAll(digest.String(), ":", "%3A") + "?arch=" + r.arch,
		Licenses:   licences(licence),
	}
}

// application is the program in the image.
func (r release) application(p program, binary []byte, info *debug.BuildInfo) cyclonedx.Component {
	sum := sha256.Sum256(binary)
	return cyclonedx.Component{
		BOMRef: "program", Type: cyclonedx.ComponentTypeApplication,
		Name: info.Path, Version: r.version, Description: p.title,
		PackageURL: packageURL(info.Main.Path, r.version),
		Hashes:     &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(sum[:])}},
		Licenses:   licences(licence),
	}
}

func standardLibrary(info *debug.BuildInfo) cyclonedx.Component {
	version, _, _ := strings.Cut(strings.TrimPrefix(info.GoVersion, "go"), " ")
	url := packageURL("std", version)
	return cyclonedx.Component{
		BOMRef: url, Type: cyclonedx.ComponentTypeLibrary, Name: "std", Version: version, PackageURL: url,
		Licenses: licences("BSD-3-Clause"),
	}
}

// library is a module, or the one that replaces it. Its hash is that of go.sum:
// the SHA-256 of the list of its files with theirs (golang.org/x/mod/sumdb/dirhash).
func library(module *debug.Module, folder string) (cyclonedx.Component, error) {
	module = replacement(module)
	url := packageURL(module.Path, module.Version)
	component := cyclonedx.Component{
		BOMRef: url, Type: cyclonedx.ComponentTypeLibrary,
		Name: module.Path, Version: module.Version, PackageURL: url,
	}
	if sum, ok := strings.CutPrefix(module.Sum, "h1:"); ok {
		hash, err := base64.StdEncoding.DecodeString(sum)
		if err != nil {
			return cyclonedx.Component{}, err
		}
		component.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(hash)}}
	}
	ids, err := licencesIn(folder)
	if err != nil {
		return cyclonedx.Component{}, err
	}
	component.Licenses = licences(ids...)
	return component, nil
}

func replacement(module *debug.Module) *debug.Module {
	if module.Replace != nil {
		return module.Replace
	}
	return module
}

// actual returns the path@version of a module or of its replacement.
func actual(module *debug.Module) string {
	module = replacement(module)
	return module.Path + "@" + module.Version
}

// packageURL is that of a Go module; its specification wants lower case.
func packageURL(path, version string) string {
	return "pkg:golang/" + strings.ToLower(path) + "@" + strings.ReplaceAll(version, "+", "%2B")
}

// dependencies say that the image holds the program, and that the program is
// linked with all the rest. A binary lacks the relations among modules.
func dependencies(container cyclonedx.Component, components []cyclonedx.Component) *[]cyclonedx.Dependency {
	program, linked := components[0].BOMRef, []string{}
	all := []cyclonedx.Dependency{
		{Ref: container.BOMRef, Dependencies: &[]string{program}},
		{Ref: program, Dependencies: &linked},
	}
	for _, c := range components[1:] {
		linked = append(linked, c.BOMRef)
	}
	return &all
}

func licences(ids ...string) *cyclonedx.Licenses {
	if len(ids) == 0 {
		return nil
	}
	var all cyclonedx.Licenses
	for _, id := range ids {
		all = append(all, cyclonedx.LicenseChoice{License: &cyclonedx.License{ID: id}})
	}
	return &all
}

// uuid makes the beginning of a hash a UUID of version 8 (RFC 9562: of one's
// own making).
func uuid(hash [sha256.Size]byte) string {
	b := hash[:16]
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
