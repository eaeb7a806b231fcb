from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import TODAY
from tui.documents.picker import PickFiles


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Empty home folder, with the date fixed for the details of a child."""
    home = tmp_path / "school"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(PickFiles, "last_folder", None)
    monkeypatch.setattr("tui.people.edit_person.utc_now", lambda: TODAY)
    yield home
