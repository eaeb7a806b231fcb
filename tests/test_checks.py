"""The table of checks is complete, and the tests that it names exist."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.checks import CHECKS, page

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "checks.md"
NUMBERS = [*range(1, 121)]


@cache
def names_in(file: str) -> frozenset[str]:
    """Return the names of the tests in a file, without those always skipped."""
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
    assert list(CHECKS) == [f"S{number}" for number in NUMBERS]
    descriptions = [check.says for check in CHECKS.values()]
    assert all(descriptions)
    assert len(set(descriptions)) == len(descriptions)


@pytest.mark.parametrize("number", CHECKS)
def test_tests_of_every_check_exist(number: str) -> None:
    assert CHECKS[number].tests, "No test shows it."
    for test in CHECKS[number].tests:
        file, _, name = test.partition("::")
        assert (TESTS / file).is_file(), f"{file} does not exist."
        assert name in names_in(file), f"{file} has no {name}."


def test_checks_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "Run python -m tests.checks > docs/checks.md"
