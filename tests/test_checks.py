"""The list of checks is complete, and the tests it names exist."""

import pytest

from tests.checks import CHECKS, render_page
from tests.named_tests import DOCS, require_tests

CHECK_COUNT = 120


def test_every_check_is_listed_once() -> None:
    assert list(CHECKS) == [f"S{number}" for number in range(1, CHECK_COUNT + 1)]
    descriptions = [check.description for check in CHECKS.values()]
    assert all(descriptions)
    assert len(set(descriptions)) == len(descriptions)


@pytest.mark.parametrize("number", CHECKS)
def test_tests_of_every_check_exist(number: str) -> None:
    assert CHECKS[number].tests, "No test covers it."
    require_tests(CHECKS[number].tests)


def test_checks_page_is_up_to_date() -> None:
    page = (DOCS / "checks.md").read_text("utf-8")
    assert page == render_page(), "Run python -m tests.checks > docs/checks.md"
