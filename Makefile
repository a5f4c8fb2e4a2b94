# What can be done with this project. Needs make, Python 3.11 or newer and a package registry;
# everything is installed into .venv/, and again only when the lock files change.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The first Python that is new enough: `make PYTHON=/path/to/python3` names another.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { command -v "$$name"; break; }; done)
NO_PYTHON = No Python 3.11 or newer was found. Install one, or name it: make PYTHON=/path/to/python3
INSTALL = $(or $(PYTHON),$(error $(NO_PYTHON))) -I hub/cli/install.py
UV_COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate
COMPILE = $(UV_COMPILE) pyproject.toml
# Production settings with throw-away secrets; the check connects to nothing.
AS_DEPLOYED = @DJANGO_SETTINGS_MODULE=hub.settings.production \
	HUB_SECRET_KEY=`head -c 48 /dev/urandom | base64` \
	HUB_ENCRYPTION_KEYS=`head -c 32 /dev/urandom | base64` \
	HUB_BASE_URL=https://hub.example HUB_ALLOWED_HOSTS=hub.example \
	DATABASE_URL=postgresql://app@db.example/hub DATABASE_OWNER_URL=postgresql://owner@db.example/hub \
	CELERY_BROKER_URL=redis://broker.example/0
# Of these every line and every branch is run by the tests.
WHOLE = incidents/core/visibility.py,incidents/core/rights.py,hub/kit/signing.py,hub/kit/outgoing.py,hub/kit/addresses.py,hub/kit/webhook_urls.py,incidents/alerts/engine/*,hub/outbox/*
BUILD_UI = .venv/bin/python -m hub.cli.assets

# Where Python may not keep what it compiles, every process of a hub compiles it all anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo up ui test coverage check bench chaos screenshots lock

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

demo: ## show an incident travel from one company to others, on a hub of its own
	@$(INSTALL) embedded
	@exec .venv/bin/hub demo

up: ## serve a hub at http://127.0.0.1:8000 (HUB_HOME, HUB_PORT, HUB_DEMO=0)
	@$(INSTALL) embedded
	@exec .venv/bin/hub up

ui: ## build the look of the pages, with the system's Node or the one from a wheel
	@$(INSTALL) embedded
	@$(BUILD_UI)

test: ## run the whole test suite on embedded, or on the configured, services
	@$(INSTALL) dev
	@$(BUILD_UI) || echo "Going on: tests of pages in a browser are left out." >&2
	@exec .venv/bin/hub services run -- .venv/bin/pytest -n 2 $(PYTEST)

coverage: ## run it again and count which lines and branches it runs
	@$(INSTALL) dev
	@$(BUILD_UI)
	@.venv/bin/hub services run -- .venv/bin/pytest -n 2 --cov --cov-report=term:skip-covered --cov-fail-under=95 $(PYTEST)
	@.venv/bin/coverage report --fail-under=100 --include="$(WHOLE)"

check: ## formatting, lint, types, import contracts, templates, migrations, deployment settings
	@$(INSTALL) dev
	.venv/bin/ruff format --check --quiet .
	.venv/bin/ruff check --quiet .
	.venv/bin/mypy .
	.venv/bin/lint-imports --no-logo
	@if find templates -type f -name '*.html' 2>/dev/null | grep -q .; then \
		set -x; .venv/bin/djlint templates --check --lint --quiet; fi
	.venv/bin/hub services run -- .venv/bin/python manage.py makemigrations --check --dry-run
	$(AS_DEPLOYED) .venv/bin/python manage.py check --deploy --fail-level WARNING

bench: ## measure speed side by side with other solutions, printed as ratios
	@$(INSTALL) dev
	@exec .venv/bin/hub services run -- .venv/bin/python -m bench

chaos: ## the reliability experiments at full size
	@$(INSTALL) dev
	@$(BUILD_UI) || echo "Going on: tests of pages in a browser are left out." >&2
	@exec .venv/bin/hub services run -- .venv/bin/pytest tests/system tests/two_worlds tests/browser \
		tests/hub/cli/test_demo.py tests/hub/web/test_hostile_text.py --chaos -p no:randomly $(PYTEST)

screenshots: ## take the pictures of the documentation anew (needs Debian's chromium)
	@$(INSTALL) dev
	@$(BUILD_UI)
	@exec .venv/bin/hub services run -- .venv/bin/pytest -q -n 0 tests/browser/pictures.py

lock: ## write requirements/*.txt anew from pyproject.toml
	@$(INSTALL) dev
	$(COMPILE) --output-file requirements/base.txt
	$(COMPILE) --extra embedded --output-file requirements/embedded.txt
	$(COMPILE) --extra embedded --extra dev --output-file requirements/dev.txt
	$(UV_COMPILE) --group node --output-file requirements/node.txt
