"""The browser page for checking a receipt."""

import pytest
from httpx import Client

from server.core.throttle import ADDRESS
from shared.forms.receipts import NO_RECEIPT, NOT_SIGNED, Receipt, extract_receipt
from tests.parts import Someone
from tests.server.forms.test_copies import get_copy
from tests.server.steps import ok, submit_request

GENUINE = "This receipt is genuine."


@pytest.fixture
def receipt(me: Someone) -> Receipt:
    return extract_receipt(ok(get_copy(me, submit_request(me))).content)


def test_genuine_receipt_is_confirmed_with_its_content(http: Client, receipt: Receipt) -> None:
    assert GENUINE not in ok(http.get("/receipt")).text
    for pasted in (receipt.block(), f"Receipt\r\n{receipt.line()}\r\n", receipt.block() * 2):
        page = ok(http.post("/receipt", data={"receipt": pasted})).text
        assert GENUINE in page
        assert receipt.reference in page
        assert "02/03/2026 10:42 (UK time)" in page
        assert receipt.content in page
        assert 'role="alert"' not in page


def test_changed_receipt_is_rejected_with_a_reason(http: Client, receipt: Receipt) -> None:
    earlier = receipt.block().replace("2026-03-02", "2026-03-01")
    for pasted, reason in ((earlier, NOT_SIGNED), ("<b>none</b>", NO_RECEIPT), ("", NO_RECEIPT)):
        reply = http.post("/receipt", data={"receipt": pasted})
        assert reply.status_code == 422
        assert reason in reply.text
        assert GENUINE not in reply.text
        assert "<b>none" not in reply.text


def test_wrong_receipts_from_one_address_are_throttled(http: Client, receipt: Receipt) -> None:
    for _ in range(ADDRESS.free):
        assert http.post("/receipt", data={"receipt": "{}"}).status_code == 422
    reply = http.post("/receipt", data={"receipt": receipt.block()})
    assert reply.status_code == 429
    assert "There were too many tries. Wait" in reply.text
