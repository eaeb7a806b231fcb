# Every target works on a machine that has only Python 3.11, git and make.
export UV_SYSTEM_CERTS := 1
export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1
# Any of these versions works; .python-version is for contributors.
export UV_PYTHON ?= >=3.11
export VIRTUAL_ENV :=
export PYTHONDONTWRITEBYTECODE :=

UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --frozen --all-extras
# Each worker runs neighbouring tests, which share servers, imports and compiled statements.
ALL_CORES := -n auto --dist worksteal

.PHONY: help demo test check bench load powercut faults many upgrade-trial chaos fuzz format manuals
.PHONY: databases snapshots picture deb deb-test
.DEFAULT_GOAL := demo

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: .venv/.synced ## start the client with a demo server and made-up people (the default)
	@$(RUN) portal demo

test: .venv/.synced ## run all tests
	@$(RUN) pytest $(ALL_CORES)

databases: .venv/.synced ## run all tests of the server, both on SQLite and on PostgreSQL
	@$(RUN) pytest $(ALL_CORES) --all-databases tests/server

check: .venv/.synced ## check format, lint, types and the direction of imports
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy
	@$(RUN) lint-imports

format: .venv/.synced ## format the code and apply the linter's fixes
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

bench: .venv/.synced ## measure each figure next to its baseline
	@$(RUN) python -m benchmarks

load: .venv/.synced ## measure how many users one machine supports
	@$(RUN) python -m benchmarks.load

powercut: .venv/.synced ## check that acknowledged writes survive a power cut
	@$(RUN) python -m tests.powercut

# With other options: make chaos CHAOS="--seed 7 --seeds 10 --seconds 20 --kills 0"
chaos: .venv/.synced ## let two clients type over bad connections, and kill clients while they type
	@$(RUN) python -m tests.chaos $(CHAOS)

# With other options: make faults FAULTS="--seed 7 --kills 20 --database sqlite"
faults: .venv/.synced ## kill server and client under load, and compare with what was acknowledged
	@$(RUN) python -m tests.faults $(FAULTS)

# With other options: make many MANY="--seed 7 --kills 5 --servers 2"
many: .venv/.synced ## kill one of several servers at a time; nothing may be lost or done twice
	@$(RUN) python -m tests.many $(MANY)
	@$(RUN) pytest -n 0 -m slow tests/many

# With other options: make upgrade-trial UPGRADE="--old COMMIT --seed 7" or "--database sqlite"
upgrade-trial: .venv/.synced ## upgrade servers one by one under load, and go back; nothing may be lost
	@$(RUN) python -m tests.upgrades $(UPGRADE)

# With other options: make fuzz FUZZ="--seed 7 --sequences 100" REQUESTS=20000
REQUESTS := 12000
fuzz: .venv/.synced ## run random operations on the text area, and random requests to the API
	@$(RUN) python -m tests.fuzz $(FUZZ)
	@$(RUN) pytest -n 2 -rP --api-requests $(REQUESTS) tests/server/test_schema.py

# With another folder: make manuals MANUALS=/usr/share
MANUALS := build/share
manuals: .venv/.synced ## write man pages and shell completion to build/share
	@$(RUN) python -m deploy.manuals $(MANUALS)

snapshots: .venv/.synced ## run all tests and update the snapshots of the screens
	@$(RUN) pytest $(ALL_CORES) --snapshot-update

# The journey's test fails if the picture no longer shows the screens as they are.
picture: .venv/.synced ## draw the README's moving picture from the journey of a request
	@$(RUN) pytest -n 0 --picture tests/journeys/test_request.py

deb: .venv/.synced ## make the Debian package, in dist/
	@UV=$(abspath $(UV)) $(RUN) python -m deploy.deb

# As root, with debootstrap and systemd-container.
deb-test: .venv/.synced ## try the package and docs/running.md on Debian machines with systemd
	@UV=$(abspath $(UV)) $(RUN) pytest -n 0 -m slow tests/deploy

.venv/.synced: uv.lock pyproject.toml | $(UV)
	@$(UV) sync --frozen --all-extras --quiet
	@touch $@

.tools/bin/uv:
	@python3 -m venv .tools
	@.tools/bin/pip install --quiet uv
