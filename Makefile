# The two commands to know: `make demo` and `make test`. Both need cargo (rustup) and Go, and build the rest.
# The control plane they run on is built once per machine; KUBEBUILDER_ASSETS names another one.

CARGO ?= cargo
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

# The program as the tests and the demo build it: built by itself it would need other builds of its dependencies.
BUILT = $(CARGO) build --quiet --locked --bin docsign --example demo && $${CARGO_TARGET_DIR:-target}/debug/docsign

.PHONY: help
help: ## Shows this
	@echo "usage: make <target>"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 18

.PHONY: demo
demo: control-plane ## Three orders, from manifest to certificate ID; ONCE=1 ends when they are issued
	@$(CARGO) build --locked --bin docsign --example demo
	@exec $(CARGO) run --quiet --locked --example demo -- $(if $(ONCE),--once)

.PHONY: test
test: ## Formatting, lints and all tests: everything that has to hold
	@CARGO="$(CARGO)" tests/all

.PHONY: mutants
mutants: ## Breaks the protocol in many ways, and shows which proof notices; ONLY=word chooses
	@$(CARGO) run --quiet --locked --example mutants -- $(ONLY)

# The release binary; a thousand kills take some minutes. DOCSIGN_BINARY names another one.
.PHONY: prove
prove: control-plane ## A thousand kills of three replicas, then a report; DOCSIGN_KILLS and DOCSIGN_SEED say otherwise
	@[ -n "$${DOCSIGN_BINARY:-}" ] || $(CARGO) build --locked --release --bin docsign
	@DOCSIGN_BINARY=$${DOCSIGN_BINARY:-$${CARGO_TARGET_DIR:-$(CURDIR)/target}/release/docsign} \
	  DOCSIGN_KILLS=$${DOCSIGN_KILLS:-1000} $(CARGO) test --quiet --locked --test prove -- --nocapture

.PHONY: fmt
fmt: ## Formats the sources
	@$(CARGO) fmt

.PHONY: lint
lint: ## Formatting and lints alone
	@$(CARGO) fmt --check
	@$(CARGO) clippy --locked --all-targets -- -D warnings

.PHONY: crds
crds: ## Writes crds/ anew from the types
	@$(BUILT) crds --directory crds

.PHONY: docs
docs: ## Writes docs/reference/ anew from the code
	@$(BUILT) reference --directory docs/reference

# Before anything else is built: whether Go is missing is the first thing to know.
.PHONY: control-plane
control-plane: ## Builds the control plane of the tests and the demo, if it is not there yet
	@tests/control-plane/build >/dev/null
