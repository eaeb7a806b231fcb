"""Helper that sends messages like the server."""

from server.core.database import Services
from server.messages.service import send_message
from shared.places import read_place
from tests.parts import Someone

ADVICE_SUBJECT = "You are required to submit information"


def send(
    services: Services,
    to: Someone,
    *,
    subject: str = ADVICE_SUBJECT,
    body: str = "Please send advice for Ivo Larkspur-Dunne.",
    place: str = "people",
) -> None:
    """Send a message with a link."""
    with services.transaction() as tx:
        send_message(
            tx,
            to_account=to.id,
            subject=subject,
            body=body,
            place=read_place(place),
            place_label="Open it",
        )
