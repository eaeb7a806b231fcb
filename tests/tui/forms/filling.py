"""Helpers that start, fill in and submit forms over HTTP."""

from uuid import UUID, uuid4

from textual.pilot import Pilot

from shared.forms.submissions import Answer
from tests.parts import Someone
from tests.tui.accounts.filling import choose
from tests.tui.people.children import add_child
from tests.tui.steps import on_screen


def start(me: Someone, child: UUID | None = None, **child_fields: str) -> UUID:
    """Start a request, by default for a new child, and return the submission's id."""
    body = {
        "id": str(uuid4()),
        "form": "professional-request",
        "person": str(child or add_child(me, **child_fields)),
    }
    reply = me.post("/v1/submissions", json=body)
    assert reply.status_code == 201, reply.text
    return UUID(body["id"])


def save(me: Someone, submission: UUID, **changes: Answer) -> None:
    """Save answers to a submission."""
    etag = me.get(f"/v1/submissions/{submission}").headers["ETag"]
    reply = me.patch(
        f"/v1/submissions/{submission}/answers",
        json={"save": str(uuid4()), "changes": changes},
        headers={"If-Match": etag},
    )
    assert reply.status_code == 200, reply.text


def read_answers(me: Someone, submission: UUID) -> dict[str, Answer]:
    """Fetch the answers stored on the server."""
    reply = me.get(f"/v1/submissions/{submission}")
    assert reply.status_code == 200, reply.text
    answers: dict[str, Answer] = reply.json()["answers"]
    return answers


def required_answers(me: Someone) -> dict[str, Answer]:
    """Return the answers that are required to submit."""
    return {
        "work_details": str(me.work),
        "contacts": [
            {
                "id": uuid4().hex,
                "name": "Dana Dunne",
                "relationship": "parent",
                "contact_details": "0116 496 0103",
                "discussed_on": "01/03/2026",
            }
        ],
        "declaration": True,
        "sharing": True,
    }


def submit(me: Someone, submission: UUID) -> None:
    """Submit the saved answers as a new version."""
    reply = me.post(f"/v1/submissions/{submission}/versions", json={"id": str(uuid4())})
    assert reply.status_code == 201, reply.text


async def submit_anyway(pilot: Pilot[None]) -> None:
    """Submit from the summary, and confirm that some answers are empty."""
    await choose(pilot, "#submit")
    await on_screen(pilot, "ChoiceDialog")
    await pilot.press("tab", "enter")
