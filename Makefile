# Assay: two commands are enough, `make demo` and `make test`. Everything installs into this folder and the Go cache; no root.

GO        ?= go
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
TOOLS     := $(CURDIR)/.tools/bin
RIVALS    := bench/rival/node_modules/.installed
FUZZTIME  ?= 30s
SOAKTIME  ?= 10m
BENCHTIME ?= 1s
BENCHPKG  ?= ./...
BENCHROWS ?= 1000000
BENCHCOUNT ?= 8
BENCH     ?= .

GOFUMPT      := $(TOOLS)/gofumpt-v0.12.0
STATICCHECK  := $(TOOLS)/staticcheck-v0.8.2
GOLANGCI     := $(TOOLS)/golangci-lint-v2.15.0
VERSITYGW    := $(TOOLS)/versitygw
BENCHSTAT    := $(TOOLS)/benchstat

.DEFAULT_GOAL := help
.PHONY: help build demo test unit race lint fuzz bench bench-go bench-compare soak check rivals s3server fmt clean

help: ## print this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build the binary into bin/assay
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/assay ./cmd/assay

demo: build ## start a node, load sample data over HTTP, run queries, stay up until ^C
	@bin/assay demo

test: rivals s3server unit ## every test that belongs in CI

unit:
	$(GO) vet ./...
	ASSAY_VERSITYGW=$(VERSITYGW) $(GO) test -timeout 20m ./...

race: ## the tests in their short form under the race detector
	$(GO) test -race -short -timeout 20m ./...

lint: $(GOFUMPT) $(STATICCHECK) $(GOLANGCI) ## gofumpt, staticcheck and golangci-lint
	@bad=$$(git ls-files '*.go' | xargs $(GOFUMPT) -l); if [ -n "$$bad" ]; then echo "gofumpt would change:"; echo "$$bad"; exit 1; fi
	$(STATICCHECK) ./...
	$(GOLANGCI) run

fmt: $(GOFUMPT) ## format the code
	@git ls-files '*.go' | xargs $(GOFUMPT) -w

fuzz: ## run every fuzz target for FUZZTIME (30s) each
	@set -e; for f in $$(grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' .); do \
	  for t in $$(grep -oE '^func Fuzz[A-Za-z0-9_]+' $$f | sed 's/func //'); do \
	    echo "== $$t in $$(dirname $$f)"; $(GO) test -run '^$$' -fuzz "^$$t$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 50x ./$$(dirname $$f); \
	  done; done

bench: build rivals ## Assay beside DuckDB and ClickHouse, small (BENCHROWS, BENCHFLAGS); rewrites bench/README.md
	bin/assay bench run --track all --rows $(BENCHROWS) --out bench/results --page bench/README.md $(BENCHFLAGS)

bench-go: ## Go benchmarks of every kernel and path (BENCHTIME, BENCHPKG)
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) $(BENCHPKG)

bench-compare: $(BENCHSTAT) ## Go benchmarks of BASE=rev and of here in turn, compared with benchstat (BENCHPKG, BENCH, BENCHTIME, BENCHCOUNT)
	@test -n "$(BASE)" || { echo "say which revision: make bench-compare BASE=main~1 BENCHPKG=./storage/kernel/..."; exit 2; }
	GO="$(GO)" BENCHSTAT=$(BENCHSTAT) BENCHTIME=$(BENCHTIME) BENCHCOUNT=$(BENCHCOUNT) BENCH='$(BENCH)' bench/compare.sh "$(BASE)" $(BENCHPKG)

soak: build ## long fault tests for SOAKTIME (10m); the power-cut rounds need root
	ASSAY_SOAK=$(SOAKTIME) ASSAY_VERSITYGW=$(VERSITYGW) $(GO) test -count=1 -timeout 0 -run 'Soak|Kill|PowerCut' -v ./...

check: test lint race ## what CI runs

rivals: ## DuckDB and ClickHouse from npm for the comparison tests (skipped with a word without npm)
	@if command -v npm >/dev/null 2>&1 && [ -f bench/rival/package-lock.json ]; then $(MAKE) --no-print-directory $(RIVALS); \
	else echo "npm is not here: tests that compare with DuckDB and ClickHouse will skip"; fi

$(RIVALS): bench/rival/package-lock.json
	cd bench/rival && npm install --no-save --no-audit --no-fund --loglevel=error && touch node_modules/.installed

s3server: ## the S3 server that the object-store tests talk to
	@[ -x $(VERSITYGW) ] || $(MAKE) --no-print-directory $(VERSITYGW) || echo "versitygw could not be built: tests against a real S3 server will skip"

$(VERSITYGW):
	GOBIN=$(TOOLS) GOFLAGS= $(GO) install github.com/versity/versitygw/cmd/versitygw@v1.8.0

$(BENCHSTAT):
	GOBIN=$(TOOLS) GOFLAGS= $(GO) install golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

$(GOFUMPT):
	GOBIN=$(TOOLS) GOFLAGS= $(GO) install mvdan.cc/gofumpt@v0.12.0 && mv $(TOOLS)/gofumpt $@

$(STATICCHECK):
	GOBIN=$(TOOLS) GOFLAGS= $(GO) install honnef.co/go/tools/cmd/staticcheck@v0.8.2 && mv $(TOOLS)/staticcheck $@

$(GOLANGCI):
	GOBIN=$(TOOLS) GOFLAGS= $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 && mv $(TOOLS)/golangci-lint $@

clean: ## remove what building and the demo left behind
	rm -rf bin demo-data .tools/base .tools/compare
