# Each command sets up what it needs by itself. The work is done in scripts/.
.DEFAULT_GOAL := help
.PHONY: run test watch up down check test-long bench release queries hooks setup help

run: ## Set up what is missing, then serve Aura and the sandbox; ctrl-c ends both
	@scripts/stack run

test: ## Set up what is missing, then format, lints, unit, server and browser tests
	@scripts/test

watch: ## The developer's loop: rebuild and reload at each change
	@scripts/watch

up: ## Like run, in the background; returns when Aura answers (PORT, SANDBOX_PORT)
	@scripts/stack up

down: ## End what `make up` started
	@scripts/stack down

check: ## Format, lints for both targets, types, secret scan, licences
	@scripts/check

test-long: ## The suites that take longer; SUITE=random, revocation, soak, contract, injection, release or budget runs one
	@scripts/test-long

bench: ## Figures: what sessions, sign-ins and limits cost, what the site weighs
	@scripts/bench

release: ## The optimised server and site
	@scripts/release

queries: ## After a change of SQL: migrate, and write .sqlx anew
	@scripts/queries

hooks: ## Run `make check` before each commit (undo: git config --unset core.hooksPath)
	@scripts/setup hooks

setup: ## Only set up: tools, Postgres, .env
	@scripts/setup run

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20
