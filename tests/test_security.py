"""The promises and the requirements of ASVS are complete, and what they name exists."""

import re

import pytest

from tests.named_tests import DOCS, TESTS, require_tests
from tests.security.page import TABLES, render_page

PROMISES = {promise.topic: promise for table in TABLES.values() for promise in table}
ASVS = (DOCS / "asvs.md").read_text("utf-8")
ROW = re.compile(r"\| ([\d., ]+) \| (.+) \|")
VERDICTS = {"yes", "partly", "no", "council"}
LAST_NUMBERS = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1
4.3:2 4.4:4 5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2
7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2
10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5
14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2
"""
"""The last number of levels 1 and 2 in each section of ASVS 5.0.0; level 3 always follows them."""


def list_requirements() -> list[str]:
    """Return the number of each requirement of levels 1 and 2."""
    sections = (entry.split(":") for entry in LAST_NUMBERS.split())
    return [f"{section}.{n}" for section, last in sections for n in range(1, int(last) + 1)]


@pytest.mark.parametrize("topic", PROMISES)
def test_tests_of_every_promise_exist(topic: str) -> None:
    assert PROMISES[topic].text
    assert PROMISES[topic].tests, "No test shows it."
    require_tests(PROMISES[topic].tests)


def test_every_promise_has_its_own_topic() -> None:
    assert len(PROMISES) == sum(len(table) for table in TABLES.values())


def test_page_of_promises_is_up_to_date() -> None:
    page = (DOCS / "promises.md").read_text("utf-8")
    assert page == render_page(), "Run python -m tests.security > docs/promises.md"


def test_every_requirement_is_listed_once() -> None:
    listed = [n for numbers, _ in ROW.findall(ASVS) for n in numbers.split(", ")]
    assert len(list_requirements()) == 253
    assert sorted(listed) == sorted(list_requirements())


def test_every_verdict_is_known() -> None:
    verdicts = [cells.split(" | ")[1] for n, cells in ROW.findall(ASVS) if cells.count(" | ") == 3]
    assert set(verdicts) == VERDICTS


def test_what_the_requirements_name_exists() -> None:
    require_tests(re.findall(r"`([\w/]+\.py::\w+)`", ASVS))
    assert set(re.findall(r" \*([^*\n]+)\*(?=,| \|)", ASVS)) <= PROMISES.keys()
    for path in re.findall(r"`((?:server|shared|tests|tui)/[\w/.]+)`", ASVS):
        assert (TESTS.parent / path).exists(), f"{path} does not exist."
    for page in re.findall(r"\]\(([\w-]+\.md)", ASVS):
        assert (DOCS / page).is_file(), f"{page} does not exist."
