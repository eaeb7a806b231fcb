"""The confirmation shown after submitting a request."""

from datetime import UTC, date, datetime

import pytest

from shared.forms.submissions import Confirmation
from tui.forms.confirmation import next_steps_text

LATE_EVENING = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # 1 July in London


@pytest.mark.parametrize(
    ("due", "text"),
    [
        (date(2026, 7, 1), "The Local Authority decides whether to assess within 6 weeks"),
        (date(2026, 6, 30), "was due by 30/06/2026, and is still to come."),
    ],
)
def test_past_decision_date_is_not_promised(due: date, text: str) -> None:
    confirmation = Confirmation(
        reference="ABCD2345",
        form_title="Request",
        person_name="Ivo",
        number=1,
        submitted_at=LATE_EVENING,
        decision_due=due,
    )
    assert text in next_steps_text(confirmation, due)
    assert "until it has decided" in next_steps_text(confirmation, due)
