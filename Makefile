# make run    everything on this machine: http://localhost:8000 (PORT=8123 make run)
# make test   the whole suite, in parallel, on its own PostgreSQL and Redis
# make check  lint, types, import directions, settings, and the quick tests
# make hunt   the property tests with new examples, many of them; some minutes
# make matrix   every address as every role, in every state, by every method; half an hour
# make fuzz   hostile values into every form of every page, 20,000 of them; ~20 min
# make manage ARGS="..."   manage.py on the data of make run
# make drill-reminders   kill what sends reminders, 110 times; at most 8 minutes
# make bench-sweep   what the sweep costs with 1,000,000 reminders to come
# make bench-homes   what the list of 1,000 diaries costs
# make bench-charts     how fast charts are, and how large
# make bench-exports   how fast ten years leave as CSV, and in how much memory
# make bench-reports    how fast the PDF documents are, and how large
# make bench-prodrome   how often the prodrome rule is right, in simulated diaries

PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
LOCAL := $(BIN)/python -m capleak.local
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest --numprocesses=logical
CHROMIUM := /usr/bin/chromium

.DEFAULT_GOAL := run
.DELETE_ON_ERROR:
.PHONY: run manage test hunt matrix fuzz check static quick-tests bench-charts \
	bench-exports bench-homes bench-prodrome bench-reports bench-sweep drill-reminders clean

# Every recipe that stays in front ends with the command itself, so that make's signals
# and death reach it and no shell stands between.
run: $(VENV)/run.stamp
	@exec $(LOCAL) run --with-parent

manage: $(VENV)/run.stamp
	@exec $(LOCAL) manage $(ARGS)

test: $(VENV)/dev.stamp
	@test -x $(CHROMIUM) || echo "*** No $(CHROMIUM): the browser tests are SKIPPED. Debian's package chromium brings it." >&2
	@test -e "$$FHIR_PACKAGE/package.json" || echo "*** FHIR_PACKAGE names no folder of npm's fhir: its tests are SKIPPED. See .ci/run." >&2
	@exec $(LOCAL) services -- $(PYTEST) $(ARGS)

hunt: $(VENV)/dev.stamp
	@exec $(LOCAL) services -- $(PYTEST) -m hypothesis --hypothesis-profile=hunt $(ARGS)

matrix: $(VENV)/dev.stamp
	@exec $(LOCAL) services -- env MATRIX=whole $(PYTEST) tests/sharing/test_matrix.py \
	  tests/sharing/test_hidden.py $(ARGS)

fuzz: $(VENV)/dev.stamp
	@exec $(LOCAL) services -- env FUZZ=260 $(PYTEST) tests/sharing/test_fuzz.py $(ARGS)

# Simulated diaries of seeds that nothing was tuned on; some minutes. ARGS=--robust
bench-prodrome: $(VENV)/dev.stamp
	@exec $(BIN)/python -m bench.prodrome $(ARGS)

# On a PostgreSQL of its own, some minutes. Exit status 1 if a goal is missed.
bench-sweep: $(VENV)/dev.stamp
	@exec $(LOCAL) services -- env DJANGO_SETTINGS_MODULE=capleak.settings \
	  $(BIN)/python -m bench.sweep $(ARGS)

# The list of diaries of somebody who follows a thousand; a PostgreSQL of its own.
bench-homes: $(VENV)/dev.stamp
	@exec $(LOCAL) services -- env DJANGO_SETTINGS_MODULE=capleak.settings \
	  $(BIN)/python -m bench.homes $(ARGS)

# On a PostgreSQL and Redis of its own, for at most eight minutes; kills its own only.
drill-reminders: $(VENV)/dev.stamp
	@exec $(BIN)/python -m bench.drill_reminders

bench-charts: $(VENV)/dev.stamp
	@exec $(LOCAL) services -- $(BIN)/python -m bench.charts

# Ten years of a diary as CSV, on a PostgreSQL of its own, about a minute.
bench-exports: $(VENV)/dev.stamp
	@exec $(LOCAL) services -- env DJANGO_SETTINGS_MODULE=capleak.settings \
	  $(BIN)/python -m bench.exports

bench-reports: $(VENV)/dev.stamp
	@exec $(LOCAL) services -- $(BIN)/python -m bench.reports

check: static quick-tests

static: $(VENV)/dev.stamp
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	CAPLEAK_MODE=test $(BIN)/python -m mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m djlint --lint --quiet templates
	$(LOCAL) services -- $(BIN)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

quick-tests: $(VENV)/dev.stamp
	$(LOCAL) services -- $(PYTEST) -m "not browser and not slow" $(ARGS)

# Values of the right shape, so that the settings of production can be checked.
PRODUCTION = env -i PATH="$$PATH" HOME="$$HOME" CAPLEAK_MODE=production \
	SECRET_KEY=an-example-that-is-long-enough-and-never-used-0123456789 \
	ALLOWED_HOSTS=capleak.invalid BASE_URL=https://capleak.invalid \
	DATABASE_URL=postgresql://capleak_web@db.invalid/capleak \
	REDIS_URL=redis://redis.invalid:6379/0 \
	EMAIL_HOST=mail.invalid DEFAULT_FROM_EMAIL=capleak@capleak.invalid

$(VENV)/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "CapLeak needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	    "Name another one: make run PYTHON=python3.12" >&2; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run.stamp: requirements.txt | $(VENV)/made.stamp
	@echo "Installing requirements.txt (once, some minutes) ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements.txt | $(VENV)/made.stamp
	@echo "Installing requirements-dev.txt (once, some minutes) ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp
