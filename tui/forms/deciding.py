"""Asking, answer by answer, which of two is kept where two people changed the same."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import App

from tui.forms import words
from tui.forms.saver import Clash
from tui.forms.state import FormState
from tui.widgets import dialog

Decided = dict[str, str]


def decide(
    app: App[object], state: FormState, clash: Clash, then: Callable[[Decided | None], None]
) -> None:
    """Ask about each answer; `then` is told what was decided, None where it was put off."""
    _ask(app, state, clash, {}, then)


def _ask(
    app: App[object], state: FormState, clash: Clash, decided: Decided,
    then: Callable[[Decided | None], None],
) -> None:  # fmt: skip
    field = next((field for field in clash.fields if field not in decided), None)
    if field is None:
        then(decided)
        return

    def answered(answer: str | None) -> None:
        if answer:
            _ask(app, state, clash, {**decided, field: answer}, then)
        else:
            then(None)

    app.push_screen(dialog.Question(*words.clash(state, clash, field)), answered)


def take(state: FormState, clash: Clash, decided: Decided) -> None:
    """Go on from what the other saved, with what was decided on top of it."""
    for field, answer in decided.items():
        theirs = clash.other.answers.get(field)
        if answer == "theirs":
            state.take_theirs(field, theirs)
        elif answer == "both":
            state.take_both(field, theirs)
    state.rebase(clash.other)
