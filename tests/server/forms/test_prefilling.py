"""A new request has the year group that the child's details have."""

import pytest

from tests.parts import Someone
from tests.server.steps import add_child, ok, save, start, submission_path


@pytest.mark.parametrize(
    ("details", "answer"),
    [
        ("4", "y4"),
        (" Year 4", "y4"),
        ("y11", "y11"),
        ("reception", "reception"),
        ("14", "y14"),
        ("", None),
        ("15", None),
        ("mixed class", None),
    ],
)
def test_new_request_has_the_year_group_of_the_child(
    me: Someone, details: str, answer: str | None
) -> None:
    submission = start(me, add_child(me, year_group=details))
    answers = ok(me.get(submission_path(submission))).json()["answers"]
    assert answers.get("year_group") == answer


def test_year_group_that_was_cleared_or_changed_stays_so(me: Someone) -> None:
    child = add_child(me, year_group="4")
    for typed in ("y5", ""):
        submission = start(me, child)
        ok(save(me, submission, {"year_group": typed}))
        answers = ok(me.get(submission_path(submission))).json()["answers"]
        assert answers.get("year_group", "") == typed
