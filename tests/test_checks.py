"""The list of checks is complete, and the tests it names exist."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.checks import CHECKS, render_page

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "checks.md"
CHECK_COUNT = 120


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


def test_every_check_is_listed_once() -> None:
    assert list(CHECKS) == [f"S{number}" for number in range(1, CHECK_COUNT + 1)]
    descriptions = [check.description for check in CHECKS.values()]
    assert all(descriptions)
    assert len(set(descriptions)) == len(descriptions)


@pytest.mark.parametrize("number", CHECKS)
def test_tests_of_every_check_exist(number: str) -> None:
    assert CHECKS[number].tests, "No test covers it."
    for test in CHECKS[number].tests:
        file, _, name = test.partition("::")
        assert (TESTS / file).is_file(), f"{file} does not exist."
        assert name in collect_test_names(file), f"{file} has no {name}."


def test_checks_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == render_page(), "Run python -m tests.checks > docs/checks.md"
