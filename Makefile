# Builds, installs and checks PRISM. `make demo` and `make test` install what they need.

LDFLAGS  = -s -w -X prism/internal/cli.version=$$(scripts/version)
PREFIX  ?= $(HOME)/.local
TOOLS   := prism-split prism-classify prism-merge prism-stats prism-status

.PHONY: help build demo test test-engines lint audit cross check-report check-formats check-windows cover bench bench-table bench-classify bench-tokens bench-styles bench-server bench-faults bench-plan bench-student fuzz install uninstall dist check-dist clean

help:
	@echo 'make demo          label the sample feedback on a real Ollama server, from the table to a report'
	@echo 'make build         build the five tools in bin/'
	@echo 'make install       install tools, scripts, man pages, completions and docs under $$PREFIX [$(PREFIX)]'
	@echo 'make uninstall     remove what make install put under $$PREFIX'
	@echo 'make dist          build archives and packages for six platforms in dist/'
	@echo 'make check-dist    check that packages are reproducible, install in a fresh Debian and go without a trace'
	@echo 'make test          run every test, including those on a real Ollama server'
	@echo 'make test-engines  run workers over a real OpenSSH and on a real Slurm'
	@echo 'make lint          check formatting, vet, staticcheck, dead code, structure, spelling and scripts'
	@echo 'make audit         check the licences of the modules, and known vulnerabilities'
	@echo 'make cross         build for Linux, macOS and Windows on amd64 and arm64'
	@echo 'make check-report  check the HTML report in headless Chromium'
	@echo 'make check-formats check workbooks and Parquet with exceljs and DuckDB'
	@echo 'make check-windows run the Windows binaries under Wine'
	@echo 'make cover         count the statements of internal/ that tests reach, in all and by the tests of each package'
	@echo 'make bench         measure speed and memory, and compare them with other programs'
	@echo 'make bench-tokens  count the tokens a row of both prompt styles'
	@echo 'make bench-styles  measure both prompt styles on a real Ollama server'
	@echo 'make bench-server  measure PRISM beside what people use today on a real Ollama server'
	@echo 'make bench-faults  put the same faults on PRISM and on what people use instead'
	@echo 'make bench-plan    measure what grows with a job of 100,000,000 rows and 1,024 units'
	@echo 'make bench-student measure a student: training, labelling 100,000 rows, same bytes, and what it saves on 6,046 mails'
	@echo 'make fuzz          run each fuzz test for FUZZTIME [60s]'
	@echo 'make clean         remove bin/, demo/ and dist/'

build:
	go build -trimpath -ldflags "$(LDFLAGS)" -o bin/ $(TOOLS:%=./cmd/%)

demo: build
	scripts/demo

test: build
	scripts/test

test-engines:
	scripts/test-engines

lint:
	scripts/lint

audit:
	scripts/audit

cross:
	scripts/cross

check-report: build
	scripts/check-report

check-formats: build
	scripts/check-formats

check-windows:
	scripts/check-windows

cover:
	scripts/cover

bench: bench-table bench-classify

bench-table: build
	scripts/bench-table

bench-classify: build
	scripts/bench-classify

bench-tokens:
	scripts/bench-tokens

bench-styles: build
	scripts/bench-styles

bench-server: build
	scripts/bench-server

bench-faults: build
	scripts/bench-faults

bench-plan: build
	scripts/bench-plan

bench-student: build
	scripts/bench-student speed
	scripts/bench-student mails

fuzz:
	scripts/fuzz

install: build
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' scripts/install-tree

uninstall:
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' scripts/install-tree --uninstall

dist:
	scripts/dist

check-dist:
	scripts/check-dist

clean:
	rm -rf bin demo dist
