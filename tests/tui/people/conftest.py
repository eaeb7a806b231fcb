from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import TODAY
from tui.documents.picker import PickFiles


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home folder, on the day of the tests."""
    home = tmp_path / "school"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(PickFiles, "last_folder", None)
    monkeypatch.setattr("tui.people.edit_person.utc_now", lambda: TODAY)
    yield home
