# Everything that people and CI run, by name. `make` alone lists the commands.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:
NODE_DIR := $(CURDIR)/toolchain/node_modules/node/bin
export PATH := $(NODE_DIR):$(CURDIR)/node_modules/.bin:$(PATH)

# The cluster that `make cluster` starts, and the one that tests start for themselves and take down again.
NAME ?= canary
TEST_CLUSTER ?= canary-test
# CLUSTER=current: use the cluster of the present kubeconfig instead of one of our own.
CLUSTER ?= own
export CLUSTER

RESULTS := .cache/results
vitest = vitest run --project $(1) --reporter=default --reporter=json --outputFile.json=$(CURDIR)/$(RESULTS)/$(1).json

.PHONY: help check format test test-unit test-host test-cluster check-model mutants cluster cluster-down install run play demo bench bundle generate toolchain

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 18

check: toolchain ## format, lint, types, import rules, generated files fresh
	biome ci --colors=off --max-diagnostics=5 --log-level=warn .
	oxlint --type-aware --quiet
	tsc -p .
	node tools/generate.ts --check

format: toolchain ## write every file in the one format
	biome format --write .

test: ## everything that a change must pass, on this machine, as root; installs what it needs
	@rm -rf $(RESULTS)
	$(MAKE) --no-print-directory check
	$(MAKE) --no-print-directory test-unit
	$(MAKE) --no-print-directory test-host
	$(MAKE) --no-print-directory test-cluster

test-unit: toolchain ## tables, properties and golden traces: seconds, no root, no cluster
	$(call vitest,unit)

test-host: toolchain ## the cluster command itself: prerequisites, kills, leftovers (root)
	node cluster/main.ts build
	cd cluster/programs/csi-driver && CGO_ENABLED=0 go vet ./... && CGO_ENABLED=0 go test ./...
	$(call vitest,host)

test-cluster: toolchain ## the operator on a real cluster with real Redis (root)
	@trap 'node cluster/main.ts down --name $(TEST_CLUSTER)' EXIT; set -e; \
	node cluster/main.ts up --name $(TEST_CLUSTER); \
	node cluster/main.ts exec --name $(TEST_CLUSTER) -- $(call vitest,cluster); \
	node cluster/main.ts exec --name $(TEST_CLUSTER) -- $(call vitest,cluster-serial); \
	node cluster/main.ts exec --name $(TEST_CLUSTER) -- $(call vitest,cluster-audit); \
	node cluster/main.ts down --name $(TEST_CLUSTER); \
	node cluster/main.ts up --name $(TEST_CLUSTER) --nodes 2; \
	node cluster/main.ts exec --name $(TEST_CLUSTER) -- $(call vitest,cluster-two-nodes)

check-model: toolchain ## every scenario of the model checker to its end, and its table in the docs: minutes; STATES=n stops each there
	node test/model-checker/main.ts $(if $(STATES),--states $(STATES),--write)

mutants: toolchain ## preconditions taken away one by one: what the model checker says to each (an hour)
	node test/model-checker/mutants/main.ts

cluster: toolchain ## start the local real cluster (root); NAME=x for another one
	node cluster/main.ts up --name $(NAME)

cluster-down: toolchain ## end it and leave nothing behind
	node cluster/main.ts down --name $(NAME)

install: toolchain ## CRD, RBAC and policies into the cluster of the present kubeconfig
	node tools/install.ts

run: toolchain ## the operator, here, against the cluster of the present kubeconfig
	node src/main.ts

play: toolchain ## the walk-through told by the simulated cluster: two seconds, no root, no cluster
	node demo/simulated.ts

demo: toolchain ## the walk-through with real Redis, told live; CLUSTER=current for your own cluster
	node demo/main.ts

bench: toolchain ## times and memory, on clusters of its own, five runs each (root); NAME=list-pods for one of bench/
	node bench/main.ts $(if $(filter-out file,$(origin NAME)),$(NAME))

bundle: toolchain ## the operator as one file, dist/canary-operator.cjs, as an image runs it
	node tools/bundle.ts

generate: toolchain ## write the generated files anew
	node tools/generate.ts

toolchain: node_modules/.installed ## install Node 24 and the npm packages, exactly as locked
toolchain/node_modules/.installed: toolchain/package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing: install any Node.js from 18 on (it only fetches the pinned Node 24)' >&2; exit 2; }
	cd toolchain && npm ci --loglevel=error && touch node_modules/.installed
# Not `npm ci`: it wants the packages of every platform in the lock, also those that a registry does not have.
node_modules/.installed: package-lock.json toolchain/node_modules/.installed
	npm install --no-save --loglevel=error && touch $@
