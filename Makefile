# What a contributor runs. `make help` lists it.

# A rustup installation that this shell has not heard of yet.
export PATH := $(PATH):$(HOME)/.cargo/bin

.DEFAULT_GOAL := help
.PHONY: help demo test build install fmt lint completions base-images cluster-node need-cargo

help: ## list the targets
	@awk -F ': .*## ' '/^[a-z-]+:.* ## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: base-images need-cargo ## build the program and run the tests of fixtures/elastic-cloud
	cargo run -- run --dir fixtures/elastic-cloud

# Most tests wait for the engine: two for each processor keep both busy.
test: base-images cluster-node lint ## everything that CI runs: formatting, clippy, the whole test suite
	RUST_TEST_THREADS=$$((2 * $$(getconf _NPROCESSORS_ONLN))) cargo test

build: need-cargo ## build the program in release mode
	cargo build --release

install: need-cargo ## install the program to ~/.cargo/bin, or to PREFIX/bin
	cargo install --locked --path . $(if $(PREFIX),--root "$(PREFIX)")

fmt: need-cargo ## format the code
	cargo fmt

lint: need-cargo ## check formatting and lints
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

completions: need-cargo ## write the shell completions anew
	cargo build --quiet
	@mkdir -p completions
	cargo run --quiet -- completions bash >completions/kratix-test.bash
	cargo run --quiet -- completions zsh >completions/_kratix-test
	cargo run --quiet -- completions fish >completions/kratix-test.fish
	cargo run --quiet -- completions powershell >completions/_kratix-test.ps1
	cargo run --quiet -- completions elvish >completions/kratix-test.elv

base-images: ## make the images that the fixtures build on, where they are missing
	@fixtures/base-images

cluster-node: base-images ## make the image of the nodes that the tests load images into, where it is missing
	@fixtures/cluster-node

need-cargo:
	@command -v cargo >/dev/null || { echo "make: cargo is not installed: install Rust 1.89 or later (https://rustup.rs)" >&2; exit 1; }
