import pytest

from tui.widgets.states import coloured_cell, coloured_content


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("✓ Submitted by you", {"✓": "done"}),
        ("◐ Started · 1 of 8 steps", {"◐": "act"}),
        ("! Returned: 3 lines\n✗ Enter a date", {"!": "due", "✗": "wrong"}),
        ("Due 22/06/2026 · 7 days left", {"7 days left": "due"}),
        ("Due 22/06/2026 · 1 day left", {"1 day left": "due"}),
        ("Due 22/06/2026 · due today", {"due today": "due"}),
        ("Due 22/06/2026 · 8 days left", {}),
        ("Due 22/06/2026 · 17 days left", {}),
        ("! Due 22/06/2026 · 3 days late", {"!": "due", "3 days late": "wrong"}),
        ("Due 22/06/2026 · 3 days late, with an exception", {}),
        ("Ivo ✓ of School – North", {}),
    ],
)
def test_symbols_and_deadlines_have_colours(text: str, states: dict[str, str]) -> None:
    cell = coloured_cell(text)
    assert {text[span.start : span.end]: span.style for span in cell.spans} == states
    content = coloured_content(text)
    expected = {part: f"bold ${token}" for part, token in states.items()}
    assert {text[span.start : span.end]: span.style for span in content.spans} == expected
