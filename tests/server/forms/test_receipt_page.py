"""The browser page for checking a receipt."""

import pytest
from httpx import Client

from server.core.throttle import FREE_TRIES_PER_ADDRESS
from shared.forms.receipts import NO_RECEIPT, NOT_SIGNED, Receipt, extract_receipt
from tests.parts import Someone
from tests.server.forms.test_copies import copy
from tests.server.steps import ok, submitted

GENUINE = "This receipt is genuine."


@pytest.fixture
def receipt(me: Someone) -> Receipt:
    return extract_receipt(ok(copy(me, submitted(me))).content)


def test_a_genuine_receipt_is_told_with_what_it_says(http: Client, receipt: Receipt) -> None:
    assert GENUINE not in ok(http.get("/receipt")).text
    for pasted in (receipt.block(), f"Receipt\r\n{receipt.line()}\r\n", receipt.block() * 2):
        page = ok(http.post("/receipt", data={"receipt": pasted})).text
        assert GENUINE in page
        assert receipt.reference in page
        assert "02/03/2026 10:42 (UK time)" in page
        assert receipt.content in page
        assert 'role="alert"' not in page


def test_a_changed_receipt_is_refused_in_words(http: Client, receipt: Receipt) -> None:
    earlier = receipt.block().replace("2026-03-02", "2026-03-01")
    for pasted, why in ((earlier, NOT_SIGNED), ("<b>none</b>", NO_RECEIPT), ("", NO_RECEIPT)):
        reply = http.post("/receipt", data={"receipt": pasted})
        assert reply.status_code == 422
        assert why in reply.text
        assert GENUINE not in reply.text
        assert "<b>none" not in reply.text


def test_many_wrong_receipts_from_one_address_have_to_wait(http: Client, receipt: Receipt) -> None:
    for _ in range(FREE_TRIES_PER_ADDRESS):
        assert http.post("/receipt", data={"receipt": "{}"}).status_code == 422
    refused = http.post("/receipt", data={"receipt": receipt.block()})
    assert refused.status_code == 429
    assert "There were too many tries. Wait" in refused.text
