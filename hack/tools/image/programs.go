package main

import (
	"slices"
	"strconv"
)

// unprivileged is the user and group of images: a number, so that a platform
// can tell it from root. Distroless images have the same one.
const unprivileged = 65532

// userAndGroup returns the user in the form of an image.
func userAndGroup() string { return strconv.Itoa(unprivileged) + ":" + strconv.Itoa(unprivileged) }

// A program has an image of its own, with these differences.
type program struct {
	name        string // of the binary and of the image
	title       string
	description string
	environment []string // NAME=value; flags and the platform's own are stronger
	ports       []string
	folders     []string // writable folders, where no volume is mounted on them
}

// programs returns all of them, by name. The Dockerfile has the same settings
// for the ones it builds.
func programs() map[string]program {
	all := []program{
		{
			name:        "alibabacloud-servicebroker",
			title:       "Alibaba Cloud Service Broker",
			description: "Open Service Broker for Alibaba Cloud",
			environment: []string{"DATA_DIR=/data", "LISTEN=:8005", "OPS_LISTEN=:8006", "METRICS_LISTEN=:8009"},
			ports:       []string{"8005/tcp", "8006/tcp", "8009/tcp"},
			folders:     []string{"data"},
		},
		{
			name:        "alibabacloud-emulator",
			title:       "Alibaba Cloud emulator",
			description: "Emulator of the parts of Alibaba Cloud that the broker uses, without database servers",
			// The control API stays on loopback by default.
			environment: []string{"EMULATOR_LISTEN=:8007"},
			ports:       []string{"8007/tcp"},
			folders:     []string{"data"},
		},
		{
			name:        "alibabacloud-broker-client",
			title:       "Client of bound services",
			description: "What an application does with a binding's credentials; for tests and examples",
		},
	}
	byName := map[string]program{}
	for _, p := range all {
		slices.Sort(p.environment)
		byName[p.name] = p
	}
	return byName
}

// source is the repository of the images' code.
const source = "https://github.com/AliyunContainerService/open-service-broker-alibabacloud"

// licence is that of the project; each module's own is in the list of software.
const licence = "Apache-2.0"
