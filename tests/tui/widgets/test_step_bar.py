"""The step bar shows the open step at every width, and whether steps are hidden."""

import pytest
from rich.style import Style
from textual import on
from textual.app import App, ComposeResult
from textual.widgets import Button

from tui.widgets.step_bar import StepBar

NINE_STEPS = [(f"The title of step {number}", f"Part {number}") for number in range(1, 10)]
FIFTEEN_STEPS = [(f"The title of step {number}", f"Part {number}") for number in range(1, 16)]


class StepBarApp(App[None]):
    """App with only a step bar."""

    def __init__(self, names: list[tuple[str, str]]) -> None:
        super().__init__()
        self.bar = StepBar(names)
        self.bar.symbols = ("·",) * len(names)
        self.other = Button("Other", compact=True)
        self.chosen: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.other
        yield self.bar

    @on(StepBar.Chosen)
    def _choose(self, event: StepBar.Chosen) -> None:
        self.chosen.append(event.index)


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("names", [NINE_STEPS, FIFTEEN_STEPS], ids=["nine", "fifteen"])
async def test_open_step_is_shown_with_its_name_at_every_width(
    names: list[tuple[str, str]], width: int
) -> None:
    app = StepBarApp(names)
    async with app.run_test(size=(width, 3)) as pilot:
        app.bar.empty_count = 14
        for index in range(len(names)):
            app.bar.open_index = index
            await pilot.pause()
            text = app.bar.render().plain
            assert len(text) == width - 2
            assert f"▸{index + 1}·" in text
            assert any(name in text for name in names[index])
            position = f"Step {index + 1} of {len(names)} · 14"
            assert text.endswith((f"{position} empty", f"{position} expected answers empty"))
            visible_indexes = [number for number in range(len(names)) if f"{number + 1}·" in text]
            is_cut_on_left, is_cut_on_right = text.startswith("… "), "…" in text[2:]
            assert is_cut_on_left is ("1·" not in text.replace("▸", "").split()[0])
            assert is_cut_on_right is (len(names) - 1 not in visible_indexes)


async def test_empty_count_says_what_is_counted_where_all_names_still_fit() -> None:
    for width, count in ((180, "1 expected answer empty"), (130, "· 1 empty")):
        app = StepBarApp(NINE_STEPS)
        async with app.run_test(size=(width, 3)):
            app.bar.empty_count = 1
            text = app.bar.render().plain
            assert text.endswith(count)
            assert "2·Part 2 3·Part 3" in text


async def test_all_names_are_shown_if_they_fit() -> None:
    app = StepBarApp(NINE_STEPS)
    async with app.run_test(size=(140, 3)):
        text = app.bar.render().plain
        assert text.startswith("▸1·The title of step 1 2·Part 2 3·Part 3")
        assert "9·Part 9" in text
        assert text.endswith("  Step 1 of 9")


async def test_pointed_step_shows_its_name_and_opens_on_click() -> None:
    app = StepBarApp(FIFTEEN_STEPS)
    async with app.run_test(size=(60, 3)) as pilot:
        app.bar.take_focus()
        await pilot.press(*["right"] * 14)
        text = app.bar.render().plain
        assert "15· Part 15" in text
        assert text.startswith("… ")
        await pilot.click(app.bar, offset=(text.index("15·") + 1, 0))
        assert app.chosen == [14]


async def test_marked_step_is_the_only_one_in_reverse() -> None:
    app = StepBarApp(NINE_STEPS)
    async with app.run_test(size=(80, 3)) as pilot:
        app.bar.take_focus()
        await pilot.press("right", "right")
        text = app.bar.render()
        reversed_texts = [
            text.plain[span.start : span.end]
            for span in text.spans
            if isinstance(span.style, Style) and span.style.reverse
        ]
        assert reversed_texts == ["3· Part 3"]


async def test_bar_opens_at_the_open_step_each_time_and_closes_with_esc() -> None:
    app = StepBarApp(NINE_STEPS)
    async with app.run_test(size=(80, 3)) as pilot:
        app.screen.set_focus(app.other)
        app.bar.take_focus()
        app.bar.take_focus()
        await pilot.press("right", "escape")
        assert app.focused is app.other
        app.bar.take_focus()
        await pilot.press("enter")
        assert app.chosen == [0]
