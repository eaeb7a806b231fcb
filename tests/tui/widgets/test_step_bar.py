"""The step bar always shows the open step, and that there are more."""

import pytest
from textual import on
from textual.app import App, ComposeResult

from tui.widgets.step_bar import StepBar

NINE = [(f"The title of step {number}", f"Part {number}") for number in range(1, 10)]
FIFTEEN = [(f"The title of step {number}", f"Part {number}") for number in range(1, 16)]


class Bar(App[None]):
    """An app with only a step bar."""

    def __init__(self, names: list[tuple[str, str]]) -> None:
        super().__init__()
        self.bar = StepBar(names)
        self.bar.symbols = ("·",) * len(names)
        self.chosen: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.bar

    @on(StepBar.Chosen)
    def _choose(self, event: StepBar.Chosen) -> None:
        self.chosen.append(event.index)


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("names", [NINE, FIFTEEN], ids=["nine", "fifteen"])
async def test_open_step_is_shown_with_its_name_at_every_width(
    names: list[tuple[str, str]], width: int
) -> None:
    app = Bar(names)
    async with app.run_test(size=(width, 3)) as pilot:
        app.bar.empty_count = 14
        for opened in range(len(names)):
            app.bar.open_index = opened
            await pilot.pause()
            text = app.bar.render().plain
            assert len(text) == width - 1
            assert f"▸{opened + 1}·" in text
            assert any(name in text for name in names[opened])
            assert text.endswith(f"Step {opened + 1} of {len(names)} · 14 empty")
            shown = [number for number in range(len(names)) if f"{number + 1}·" in text]
            is_cut_on_left, is_cut_on_right = text.startswith("… "), "…" in text[2:]
            assert is_cut_on_left is ("1·" not in text.replace("▸", "").split()[0])
            assert is_cut_on_right is (len(names) - 1 not in shown)


async def test_all_names_are_shown_where_they_have_room() -> None:
    app = Bar(NINE)
    async with app.run_test(size=(140, 3)):
        text = app.bar.render().plain
        assert text.startswith("▸1·The title of step 1 2·Part 2 3·Part 3")
        assert "9·Part 9" in text
        assert text.endswith("  Step 1 of 9")


async def test_step_pointed_at_is_shown_with_its_name_and_opened_by_a_click() -> None:
    app = Bar(FIFTEEN)
    async with app.run_test(size=(60, 3)) as pilot:
        app.bar.take_focus()
        await pilot.press(*["right"] * 14)
        text = app.bar.render().plain
        assert "15· Part 15" in text
        assert text.startswith("… ")
        await pilot.click(app.bar, offset=(text.index("15·") + 1, 0))
        assert app.chosen == [14]
