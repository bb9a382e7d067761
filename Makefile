# PRISM: build, try and check it. `make demo` and `make test` set up what they need.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null)
LDFLAGS := -s -w -X prism/internal/cli.version=$(VERSION) -X prism/internal/cli.commit=$(COMMIT)
PREFIX  ?= $(HOME)/.local
TOOLS   := prism-split prism-classify prism-merge prism-stats prism-status

.PHONY: help build demo test lint cross check-report bench bench-table bench-classify fuzz install clean

help:
	@echo 'make demo      label the sample feedback on a real Ollama server, end to end'
	@echo 'make test      every test, those on a real Ollama server included'
	@echo 'make build     the five tools, in bin/'
	@echo 'make install   the five tools and the two scripts, in $$PREFIX/bin [$(PREFIX)/bin]'
	@echo 'make lint      formatting, vet, staticcheck, dead code, rules of the source, spelling, shellcheck, go mod tidy'
	@echo 'make cross     builds for linux, darwin and windows on amd64 and arm64'
	@echo 'make check-report  the HTML report in a headless Chromium'
	@echo 'make bench     speed and memory beside peers, as ratios'
	@echo 'make fuzz      each fuzz test for FUZZTIME [60s]'
	@echo 'make clean     remove what the others made here'

build:
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ $(TOOLS:%=./cmd/%)

demo: build
	scripts/demo

test: build
	scripts/test

lint:
	scripts/lint

cross:
	scripts/cross

check-report: build
	scripts/check-report

bench: bench-table bench-classify

bench-table: build
	scripts/bench-table

bench-classify: build
	scripts/bench-classify

fuzz:
	scripts/fuzz

install: build
	mkdir -p $(PREFIX)/bin
	cp $(TOOLS:%=bin/%) scripts/prism-run scripts/prism-interactive $(PREFIX)/bin/

clean:
	rm -rf bin demo
