# make help lists the targets; it is the default.

# The tools in bin/ are the project's own, so nothing is installed elsewhere.
BIN := $(CURDIR)/bin
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
PACKAGES ?= ./...
FUZZTIME ?= 60s
GOLANGCI_LINT_VERSION := v2.15.0

# -buildvcs=false: the linker stamps the version, and a checkout of another user
# builds too.
BUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)"
PROGRAMS := alibabacloud-servicebroker alibabacloud-emulator

# Images of a commit are the same on every machine: the version of Go is fixed,
# and times are the commit's. GOARCH, amd64 or arm64, is the architecture.
DIST ?= dist
IMAGE_GO ?= go1.26.8
IMAGE_PREFIX ?=
IMAGE_TAG ?= $(VERSION)
E2E_IMAGE_TAG ?= e2e
E2E_IMAGE_PREFIX ?=
E2E_ARGS ?= -v
export E2E_ARGS
IMAGE_ARCH := $(or $(GOARCH),amd64)
IMAGE_PROGRAMS := $(PROGRAMS) alibabacloud-broker-client
REVISION ?= $(shell git rev-parse HEAD 2>/dev/null)
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: go $(PROGRAMS:%=$(BIN)/%) ## Build the broker and the emulator into bin/

.PHONY: run
run: build $(BIN)/run ## Run the broker on the emulator, in the foreground
	@BIN_DIR=$(BIN) exec $(BIN)/run

.PHONY: run-emulator
run-emulator: go $(BIN)/alibabacloud-emulator $(BIN)/run ## Run the emulator alone
	@BIN_DIR=$(BIN) exec $(BIN)/run emulator

.PHONY: run-broker
run-broker: go $(BIN)/alibabacloud-servicebroker $(BIN)/run ## Run the broker alone; on the emulator unless ENDPOINTS is set
	@BIN_DIR=$(BIN) exec $(BIN)/run broker

.PHONY: demo
demo: go $(BIN)/demo $(BIN)/demo-client ## Walk through provision, bind, use, unbind, deprovision; needs a running make run
	@BIN_DIR=$(BIN) $(BIN)/demo

# GOGC=400: the tests allocate much and live shortly; a sixth of their CPU time was
# the garbage collector's.
.PHONY: test
test: go ## Run all tests with the race detector; installs the programs they need (PACKAGES=./pkg/... for less)
	@hack/install-test-needs
	REQUIRE_ENGINES=1 REQUIRE_PROMTOOL=1 GOGC=400 go test -race -timeout 25m $(PACKAGES)
	$(if $(filter ./...,$(PACKAGES)),hack/crash-matrix -behaviours=others)

.PHONY: sdk-checks
sdk-checks: go $(BIN)/alibabacloud-emulator $(BIN)/alibabacloud-servicebroker $(BIN)/sdkchecks ## Run official clients of four languages on the emulator (CLIENTS='go node-rds-v3' for less)
	@$(BIN)/sdkchecks -emulator $(BIN)/alibabacloud-emulator -broker $(BIN)/alibabacloud-servicebroker $(CLIENTS)

.PHONY: lint
lint: go $(BIN)/golangci-lint ## Check style, imports, shell scripts
	@hack/lint

.PHONY: vulncheck
vulncheck: go ## Look for known vulnerabilities in the code that the programs call (GOVULNDB)
	@BIN_DIR=$(BIN) IMAGE_GO=$(IMAGE_GO) hack/vulncheck

.PHONY: image
image: image-programs ## Write container images and lists of the software in them into dist/ (GOARCH=arm64, IMAGE_PREFIX=registry/name/)
	@GOOS= GOARCH= GOTOOLCHAIN=$(IMAGE_GO) go run ./hack/tools/image --arch $(IMAGE_ARCH) --binaries $(DIST)/linux-$(IMAGE_ARCH) --out $(DIST) \
		--prefix '$(IMAGE_PREFIX)' --tag '$(IMAGE_TAG)' --version '$(VERSION)' --revision '$(REVISION)' --created '$(SOURCE_DATE_EPOCH)' \
		$(IMAGE_PROGRAMS)

.PHONY: image-programs
image-programs: go $(IMAGE_PROGRAMS:%=$(DIST)/linux-$(IMAGE_ARCH)/%)

.PHONY: chart
chart: go ## Write the parts of chart/ that repeat others: the names of endpoints, the table of values, the dashboards
	go run ./hack/tools/chart

.PHONY: services
services: go ## Write pkg/providers/all/all.go from the names of the services in services.txt beside it
	go run ./hack/tools/services

.PHONY: api-models
api-models: go ## Write what official SDKs know of each action into pkg/emulator/testdata/models; needs node and npm
	go run ./hack/tools/apimodels/rpc
	go run ./hack/tools/apimodels/oss >pkg/emulator/testdata/models/oss.json

.PHONY: ram-policies
ram-policies: go ## Write the RAM policies of the services into contrib/ram-policies
	go run ./hack/tools/rampolicies

.PHONY: e2e
e2e: ## Run the end-to-end tests in a cluster with Service Catalog; see docs/e2e.md (E2E_ARGS='-v -run TestExamples|TestKorifi')
	@hack/install-test-needs
	@$(MAKE) --no-print-directory image IMAGE_TAG=$(E2E_IMAGE_TAG) IMAGE_PREFIX=$(E2E_IMAGE_PREFIX)
	@$(MAKE) --no-print-directory image IMAGE_TAG=$(E2E_IMAGE_TAG)-next IMAGE_PREFIX=$(E2E_IMAGE_PREFIX) \
		VERSION=$(VERSION)-next DIST=$(DIST)/next IMAGE_PROGRAMS=alibabacloud-servicebroker
	@E2E_IMAGE_TAG=$(E2E_IMAGE_TAG) E2E_IMAGE_PREFIX=$(E2E_IMAGE_PREFIX) DIST=$(DIST) hack/run-e2e

.PHONY: conformance
conformance: go ## Run the tests that prove requirements of the API; write docs/conformance.md
	go run ./hack/tools/conformance

.PHONY: cover
cover: go ## Write coverage.html
	go test -coverpkg=./pkg/... -coverprofile=coverage.out $(PACKAGES)
	go tool cover -html=coverage.out -o coverage.html

.PHONY: bench
bench: go ## Run the benchmarks
	go test -run '^$$' -bench . -benchmem $(PACKAGES)

.PHONY: fuzz
fuzz: go ## Fuzz each target for FUZZTIME (60s)
	@FUZZTIME=$(FUZZTIME) hack/fuzz

.PHONY: clean
clean: ## Remove all built files; data/ stays
	rm -rf $(BIN) dist coverage.out coverage.html test/sdks/*/build test/sdks/node/node_modules test/sdks/java/target

# go build knows whether a program is up to date.
.PHONY: $(PROGRAMS:%=$(BIN)/%) $(BIN)/demo-client $(BIN)/demo $(BIN)/run $(BIN)/sdkchecks
$(PROGRAMS:%=$(BIN)/%): $(BIN)/%:
	$(BUILD) -o $@ ./cmd/$*

$(BIN)/demo-client:
	@$(BUILD) -o $@ ./hack/tools/client

$(BIN)/demo $(BIN)/run $(BIN)/sdkchecks: $(BIN)/%:
	@$(BUILD) -o $@ ./hack/tools/$*

.PHONY: $(IMAGE_PROGRAMS:%=$(DIST)/linux-$(IMAGE_ARCH)/%)
$(PROGRAMS:%=$(DIST)/linux-$(IMAGE_ARCH)/%): $(DIST)/linux-$(IMAGE_ARCH)/%:
	GOOS=linux GOARCH=$(IMAGE_ARCH) GOTOOLCHAIN=$(IMAGE_GO) $(BUILD) -o $@ ./cmd/$*

$(DIST)/linux-$(IMAGE_ARCH)/alibabacloud-broker-client:
	GOOS=linux GOARCH=$(IMAGE_ARCH) GOTOOLCHAIN=$(IMAGE_GO) $(BUILD) -o $@ ./hack/tools/client

.PHONY: $(BIN)/golangci-lint
$(BIN)/golangci-lint:
	@$@ version 2>/dev/null | grep -q 'version $(GOLANGCI_LINT_VERSION:v%=%) ' || \
		GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)

.PHONY: go
go:
	@hack/check-go
