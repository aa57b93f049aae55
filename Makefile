# `make run` starts everything, `make test` proves it. Nothing but Python 3.11 and make is needed.
# Variables: PORT, PASI_SIMULATOR_PORT, PASI_CONTROL_PORT, DATA_DIR (docs/operator/environment.md).

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
BIN := .venv/bin
INSTALLED := .venv/.installed
CATALOGUES := $(wildcard locale/*/LC_MESSAGES/django.po)
# The static checks need some data folder, and must leave that of a running demo alone.
CHECK_DATA := $(CURDIR)/.venv/.check
FOR_CHECK := env -u DATABASE_URL -u REDIS_URL -u DEMO PRODUCTION=0 DATA_DIR=$(CHECK_DATA)

.PHONY: install run reset test fuzz mutants bench check audit bill faults chaos openapi messages lock
.DELETE_ON_ERROR:

install: $(INSTALLED) $(CATALOGUES:.po=.mo)

$(INSTALLED): requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "Python 3.11 is needed; name it: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

%.mo: %.po $(INSTALLED)
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
	@test -f $@ || { echo "$< was not compiled: take the word fuzzy out of its header."; exit 1; }

run: install
	@$(BIN)/python -m config.supervisor

reset: install
	@$(BIN)/python -m config.data_folder

test: check
	@$(BIN)/python -m tests.parts

# Fresh examples for the property tests, MINUTES=10 long; prints what to paste for what fails. Decides nothing.
fuzz: install
	@$(BIN)/python -m tests.fuzz $(MINUTES)

# One fault a rule of docs/developer/integrator-rules.md in a copy of the tree: fails if no test notices. ROWS=14,16 for some.
mutants: install
	@$(BIN)/python -m tests.mutants $(ROWS)

# ONLY=name[,name] runs some benches, QUICK=1 takes small sizes; PostgreSQL by TEST_DATABASE_URL or DATABASE_URL (docs/speed.md).
bench: install
	@$(BIN)/python -m tests.benchmarks

check: install
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(FOR_CHECK) $(BIN)/mypy .
	$(BIN)/lint-imports --no-logo
	$(FOR_CHECK) $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/djlint --check --quiet templates
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/bandit --quiet --recursive --severity-level medium --configfile pyproject.toml .
	$(FOR_CHECK) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file $(CHECK_DATA)/openapi.yaml
	@diff -u tests/contract/openapi.yaml $(CHECK_DATA)/openapi.yaml || { echo "The API has changed. If that is meant: make openapi"; exit 1; }

# Known faults of the packages that are locked; asks the network, so it decides nothing here.
audit: install
	$(BIN)/pip-audit --require-hashes --disable-pip -r requirements.lock

# The bill of materials (CycloneDX) of what is locked. Asks the network too, since the same tool makes it.
bill: install
	-$(BIN)/pip-audit --require-hashes --disable-pip -r requirements.lock --format cyclonedx-json --output .venv/bill-of-materials.json

# The full fault matrix (docs/reliability.md); with TEST_DATABASE_URL on PostgreSQL and Redis too.
faults: install
	env -u DATABASE_URL -u REDIS_URL FULL_MATRIX=1 PRODUCTION=0 DATA_DIR=$(CHECK_DATA) $(BIN)/python -m pytest tests/faults -q -s

chaos: install
	@env PRODUCTION=0 DATA_DIR=$(CHECK_DATA) $(BIN)/python -m tests.faults.chaos --seeds $(or $(SEEDS),3)

openapi: install
	$(FOR_CHECK) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file tests/contract/openapi.yaml

# Needs gettext's xgettext. Then translate what is empty in locale/fr; tests/contract/test_catalogue.py says what is missing.
messages: install
	$(FOR_CHECK) $(BIN)/python manage.py makemessages -l fr --no-location --no-wrap --no-obsolete -i .venv -i 'tests/*' -i 'pasi_simulator/*' -i node_modules

lock:
	uv pip compile pyproject.toml --no-emit-index-url --no-header --generate-hashes -q -o requirements.lock
	uv pip compile pyproject.toml --extra dev --no-emit-index-url --no-header --generate-hashes -q -o requirements-dev.lock
