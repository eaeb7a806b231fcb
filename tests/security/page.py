"""The page of promises: docs/promises.md."""

from collections.abc import Iterator

from tests.named_tests import render_tests
from tests.security.entering import GETTING_IN
from tests.security.keeping import KEEPING
from tests.security.seeing import SEEING

TABLES = {"Who gets in": GETTING_IN, "Who sees what": SEEING, "Nothing is lost": KEEPING}

INTRODUCTION = """# Promises

What the portal promises about security and reliability, and the tests that fail if a promise is
broken. Numbers are requirements of OWASP ASVS 5.0. Where several tests are listed, each covers a
part. [security.md](security.md) says what is not promised.
`python -m tests.security > docs/promises.md` generates this page; do not edit it by hand."""


def render_page() -> str:
    """Render docs/promises.md."""
    return "\n".join([INTRODUCTION, *_render_lines(), ""])


def _render_lines() -> Iterator[str]:
    for heading, promises in TABLES.items():
        yield from (
            "",
            f"## {heading}",
            "",
            "| Topic | Promise | ASVS | Tests |",
            "|---|---|---|---|",
        )
        for topic, text, asvs, tests in promises:
            yield f"| {topic} | {text} | {asvs} | {render_tests(tests)} |"
