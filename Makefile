# Everything that people and CI run, by name. `make` alone lists the commands.
SHELL := /bin/bash
.DEFAULT_GOAL := help
NODE_DIR := $(CURDIR)/toolchain/node_modules/node/bin
export PATH := $(NODE_DIR):$(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: help toolchain
help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 18

toolchain: node_modules/.installed ## install Node 24 and the npm packages, exactly as locked
toolchain/node_modules/.installed: toolchain/package-lock.json
	@command -v npm >/dev/null || { echo 'make: npm is missing: install any Node.js from 18 on (it only fetches the pinned Node 24)' >&2; exit 2; }
	cd toolchain && npm ci --loglevel=error && touch node_modules/.installed
node_modules/.installed: package-lock.json toolchain/node_modules/.installed
	npm ci --loglevel=error && touch $@
