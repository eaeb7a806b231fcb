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

.PHONY: help demo test check bench load powercut faults chaos fuzz format snapshots picture
.DEFAULT_GOAL := demo

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: .venv/.synced ## start the client with a demo server and made-up people (the default)
	@$(RUN) portal demo

test: .venv/.synced ## run all tests, on SQLite and on PostgreSQL
	@$(RUN) pytest -n auto

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

# With other options: make fuzz FUZZ="--seed 7 --sequences 100"
fuzz: .venv/.synced ## run random operations on the text area for long answers
	@$(RUN) python -m tests.fuzz $(FUZZ)

snapshots: .venv/.synced ## run all tests and update the snapshots of the screens
	@$(RUN) pytest -n auto --snapshot-update

# The README's pictures are copies of snapshots, so the tests keep them up to date.
PICTURES := __snapshots__/test_snapshots
picture: ## update the README's pictures from the snapshots
	@mkdir -p docs
	@cp "tests/tui/accounts/$(PICTURES)/test_screens_match_snapshots[sign-in][80x24].svg" docs/sign-in.svg
	@cp "tests/tui/cases/$(PICTURES)/test_progress_page_matches_snapshot[80x24].svg" docs/progress.svg
	@cp "tests/tui/forms/$(PICTURES)/test_steps_match_snapshots[step-3-80x24].svg" docs/form.svg

.venv/.synced: uv.lock pyproject.toml | $(UV)
	@$(UV) sync --frozen --all-extras --quiet
	@touch $@

.tools/bin/uv:
	@python3 -m venv .tools
	@.tools/bin/pip install --quiet uv
