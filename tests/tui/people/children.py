"""Helper that adds children to a list through the HTTP API."""

from uuid import UUID, uuid4

from tests.parts import Someone

CHILD: dict[str, str | bool] = {
    "first_name": "Ivo",
    "last_name": "Larkspur-Dunne",
    "born": "2018-03-14",
    "gender": "male",
    "address": "3 Tallowmere Row, Leicester",
    "postcode": "LE3 9RN",
    "school": "Wren Hollow Primary School",
}


def add_child(me: Someone, **fields: str | bool) -> UUID:
    """Add a child to a professional's list, and return the child's id."""
    reply = me.post("/v1/people", json={"id": str(uuid4()), **CHILD, **fields})
    assert reply.status_code == 201, reply.text
    return UUID(reply.json()["id"])
