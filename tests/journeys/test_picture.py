"""The README's animated picture, which `make picture` draws from the request journey."""

import re
from pathlib import Path
from xml.etree import ElementTree

from tests.journeys.terminal import COLUMNS, ROWS
from tests.journeys.test_request import CHILD, PICTURE

SVG = "{http://www.w3.org/2000/svg}"
README = Path(__file__).parents[2] / "README.md"


def test_readme_shows_the_picture() -> None:
    assert f"](docs/{PICTURE.name})" in README.read_text("utf-8")


def test_picture_is_small_and_loads_no_resources() -> None:
    assert PICTURE.stat().st_size < 500_000
    text = PICTURE.read_text("utf-8")
    assert not re.search(r"url\(|href|@import|<script", text)


def test_picture_has_a_readable_screen_for_each_caption() -> None:
    frames = ElementTree.parse(PICTURE).getroot().findall(f"{SVG}g")
    captions = [frame.findtext(f"{SVG}text") for frame in frames]
    scenes = PICTURE.with_suffix(".txt").read_text("utf-8").split("## ")[1:]
    assert captions == [scene.partition("\n")[0] for scene in scenes]
    assert any(CHILD in scene for scene in scenes)
    for frame, scene in zip(frames, scenes, strict=True):
        rows = scene.splitlines()[1:]
        assert len(rows) <= ROWS + 1
        assert max(map(len, rows)) <= COLUMNS
        frame_text = re.sub(r"\s+", "", "".join(frame.itertext()).removeprefix(captions[0] or ""))
        for word in re.findall(r"[A-Z][a-z]+", scene):
            assert word in frame_text
