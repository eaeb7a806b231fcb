# Each target is enough by itself on a machine that has only Python 3.11, git and make.
export UV_SYSTEM_CERTS := 1
export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1
export VIRTUAL_ENV :=
export PYTHONDONTWRITEBYTECODE :=

UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --frozen --all-extras

.PHONY: demo test check bench load powercut faults chaos fuzz format snapshots picture
.DEFAULT_GOAL := demo

demo: .venv/.synced
	@$(RUN) portal demo

test: .venv/.synced
	@$(RUN) pytest -n auto

check: .venv/.synced
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy
	@$(RUN) lint-imports

format: .venv/.synced
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

bench: .venv/.synced
	@$(RUN) python -m benchmarks

load: .venv/.synced
	@$(RUN) python -m benchmarks.load

powercut: .venv/.synced
	@$(RUN) python -m tests.powercut

# With other options: make chaos CHAOS="--seed 7 --seeds 10 --seconds 20 --kills 0"
chaos: .venv/.synced
	@$(RUN) python -m tests.chaos $(CHAOS)

# With other options: make faults FAULTS="--seed 7 --kills 20 --database sqlite"
faults: .venv/.synced
	@$(RUN) python -m tests.faults $(FAULTS)

# With other options: make fuzz FUZZ="--seed 7 --sequences 100"
fuzz: .venv/.synced
	@$(RUN) python -m tests.fuzz $(FUZZ)

snapshots: .venv/.synced
	@$(RUN) pytest -n auto --snapshot-update

# The README's pictures are those that the tests hold the screens to.
PICTURES := __snapshots__/test_pictures
picture:
	@mkdir -p docs
	@cp "tests/tui/accounts/$(PICTURES)/test_the_screens_as_they_were_looked_at[sign-in][80x24].svg" docs/sign-in.svg
	@cp "tests/tui/cases/$(PICTURES)/test_the_progress_page_as_it_was_looked_at[80x24].svg" docs/progress.svg
	@cp "tests/tui/forms/$(PICTURES)/test_the_steps_as_they_were_looked_at[step-3-80x24].svg" docs/form.svg

.venv/.synced: uv.lock pyproject.toml | $(UV)
	@$(UV) sync --frozen --all-extras --quiet
	@touch $@

.tools/bin/uv:
	@python3 -m venv .tools
	@.tools/bin/pip install --quiet uv
