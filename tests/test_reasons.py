"""Each silenced check and each handler of all errors says why on its line."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("tui", "server", "shared", "tests")
SILENCED = re.compile(r"# noqa|# type: ignore|except (?:Exception|BaseException)\b")
REASON = re.compile(
    r"# (?:noqa: [A-Z0-9, ]+ (?:-|#)|type: ignore\[[a-z, -]+\] (?:-|#)|(?!noqa|type:))."
)


def test_each_silenced_check_has_its_reason() -> None:
    lines = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if SILENCED.search(line) and path != Path(__file__) and not REASON.search(line)
    ]
    assert lines == []
