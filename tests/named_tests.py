"""Tests that tables of requirements name as file::function, relative to tests/."""

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
DOCS = TESTS.parent / "docs"


@cache
def collect_test_names(file: str) -> frozenset[str]:
    """Return the names of a file's tests, except those that are always skipped."""
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not any(
            ast.unparse(mark).startswith("pytest.mark.skip(") for mark in node.decorator_list
        )
    )


def require_tests(tests: Iterable[str]) -> None:
    """Fail if one of the tests does not exist."""
    for test in tests:
        file, _, name = test.partition("::")
        assert (TESTS / file).is_file(), f"{file} does not exist."
        assert name in collect_test_names(file), f"{file} has no {name}."


def render_tests(tests: Iterable[str]) -> str:
    """Render links to tests, as the cell of a table."""
    return "<br>".join(map(_render_link, tests))


def _render_link(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{file}](../tests/{file}) `{name}`"
