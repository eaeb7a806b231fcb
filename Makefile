# Each target is enough by itself on a machine that has only Python 3.11, git and make.
export UV_SYSTEM_CERTS := 1
export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1
export VIRTUAL_ENV :=

UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --frozen --all-extras

.PHONY: demo test check bench format snapshots
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

snapshots: .venv/.synced
	@$(RUN) pytest -n auto --snapshot-update

.venv/.synced: uv.lock pyproject.toml | $(UV)
	@$(UV) sync --frozen --all-extras --quiet
	@touch $@

.tools/bin/uv:
	@python3 -m venv .tools
	@.tools/bin/pip install --quiet uv
