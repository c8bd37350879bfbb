package main

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// buildFlags returns the go build commands of a make target, less the package
// and the platform.
func buildFlags(t *testing.T, target ...string) []string {
	t.Helper()
	out, err := makeCommand(t.Context(), root, append(target, "-n", "VERSION=v1")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, match := range regexp.MustCompile(`CGO_ENABLED=0 go build .* -o `).FindAllString(string(out), -1) {
		found[match] = true
	}
	return slices.Sorted(maps.Keys(found))
}

func TestImages_BuildFlags_AreThoseOfMakeBuild(t *testing.T) {
	want := buildFlags(t, "build")
	if len(want) != 1 || !strings.Contains(want[0], "-trimpath") {
		t.Fatalf("make build builds with %q, want one set of flags", want)
	}
	for _, target := range []string{"image", "image-programs"} {
		if diff := cmp.Diff(want, buildFlags(t, target)); diff != "" {
			t.Errorf("make %s (-make build +make %s):\n%s", target, target, diff)
		}
	}
	dockerfile := string(contents(t, filepath.Join(root, "Dockerfile")))
	if !strings.Contains(dockerfile, "RUN make image-programs ") || strings.Contains(dockerfile, "go build") {
		t.Error("the Dockerfile does not leave it to make to build the programs")
	}
}

func TestDockerfile_Bases_ArePinnedWithTheSameGo(t *testing.T) {
	text := string(contents(t, filepath.Join(root, "Dockerfile")))
	stages := map[string]bool{}
	pinned := regexp.MustCompile(`^[a-z0-9./-]+:[A-Za-z0-9._-]+@sha256:[0-9a-f]{64}$`)
	for _, match := range regexp.MustCompile(`(?m)^FROM (?:--platform=\S+ )?(\S+) AS (\S+)$`).FindAllStringSubmatch(text, -1) {
		if !stages[match[1]] && !pinned.MatchString(match[1]) {
			t.Errorf("%s is not pinned by its digest", match[1])
		}
		stages[match[2]] = true
	}
	if len(stages) != strings.Count(text, "FROM ") {
		t.Errorf("stages %v: one has no name", stages)
	}
	out, err := makeCommand(t.Context(), root, "image", "-n").Output()
	if err != nil {
		t.Fatal(err)
	}
	toolchain := regexp.MustCompile(`GOTOOLCHAIN=go(\S+)`).FindStringSubmatch(string(out))
	if toolchain == nil || !strings.Contains(text, "golang:"+toolchain[1]+"-") {
		t.Errorf("make image uses the Go of %q, the Dockerfile another one", toolchain)
	}
}

func TestDockerfile_Configuration_IsThatOfMakeImage(t *testing.T) {
	stages := instructions(string(contents(t, filepath.Join(root, "Dockerfile"))))
	for stage, name := range map[string]string{"broker": broker, "emulator": "alibabacloud-emulator"} {
		t.Run(stage, func(t *testing.T) {
			image := release{version: "v1"}
			config := image.config(programs()[name])
			got := map[string][]string{}
			for _, instruction := range slices.Concat(stages["base"], stages[stage]) {
				verb, rest, _ := strings.Cut(instruction, " ")
				got[verb] = append(got[verb], rest)
			}
			want := map[string][]string{
				"USER":       {config.User},
				"WORKDIR":    {config.WorkingDir},
				"ENTRYPOINT": {`["` + config.Entrypoint[0] + `"]`},
				"ENV":        {strings.Join(config.Env, " ")},
				"EXPOSE":     {strings.Join(slices.Sorted(maps.Keys(config.ExposedPorts)), " ")},
			}
			for verb := range want {
				if diff := cmp.Diff(want[verb], got[verb]); diff != "" {
					t.Errorf("%s (-make image +Dockerfile):\n%s", verb, diff)
				}
			}
			labels := strings.Join(got["LABEL"], " ")
			for label, value := range config.Labels {
				if strings.HasSuffix(label, ".version") {
					value = "$VERSION"
				}
				if !strings.HasSuffix(label, ".created") && !strings.Contains(labels, label+`="`+value+`"`) {
					t.Errorf("the label %s=%q is not among %s", label, value, labels)
				}
			}
		})
	}
}

// instructions returns the instructions of a Dockerfile by stage, each on one
// line.
func instructions(text string) map[string][]string {
	text = regexp.MustCompile(`\\\n\s*`).ReplaceAllString(text, "")
	stages := map[string][]string{}
	stage := ""
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "FROM ") {
			stage = line[strings.LastIndex(line, " ")+1:]
		}
		if line != "" && !strings.HasPrefix(line, "#") {
			stages[stage] = append(stages[stage], line)
		}
	}
	return stages
}
