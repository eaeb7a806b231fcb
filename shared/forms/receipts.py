"""Signed receipts of submitted forms, and the files that end with one.

A receipt is JSON. The signature covers its canonical form: without the signature, with sorted keys
and no white space.
"""

import hashlib
import json
import re
from base64 import b64decode, b64encode
from datetime import datetime

from pydantic import BaseModel, ConfigDict, ValidationError

NO_RECEIPT = (
    "There is no receipt in this. The copy of a submitted form ends with one; a draft has none."
)
CHANGED = "This file is not as the portal made it: something in it has been changed."
NOT_SIGNED = "The receipt was changed, or was not signed by this portal."
OTHER_KEY = "The receipt was signed with another key than the one it is checked with."
_PDF = b"%PDF-"
_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")


class BadReceipt(Exception):
    """Raised for a receipt that is not genuine; the message is for users."""


class ReceiptKey(BaseModel):
    """The public key (Ed25519, in base64) that verifies receipts, and its id."""

    key: str
    public_key: str


class Receipt(BaseModel):
    """A statement about a submitted version, signed by the server; it names no child.

    `submitted_at` is the server's time (UTC). `content` is the SHA-256 of the submitted content,
    and `file` that of the bytes above the receipt in a saved copy.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: str
    form: str
    version: int
    submitted_at: str
    content: str
    file: str = ""
    key: str
    signature: str = ""

    @property
    def submitted(self) -> datetime:
        """The moment of submission."""
        return datetime.fromisoformat(self.submitted_at)

    def canonical(self) -> bytes:
        """Return the bytes that are signed."""
        content = self.model_dump(exclude={"signature"}, exclude_defaults=True)
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()

    def block(self) -> str:
        """Return the receipt as lines of text."""
        return json.dumps(self.model_dump(exclude_defaults=True), indent=2)

    def line(self) -> str:
        """Return the receipt as one line of text."""
        return json.dumps(self.model_dump(exclude_defaults=True))


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def key_id(public_key: bytes) -> str:
    """Return the id of a public key."""
    return sha256(public_key)[:16]


def add_receipt(body: bytes, receipt: Receipt) -> bytes:
    """Append a receipt to a copy; `body` must end with a line feed.

    In a PDF the receipt is a comment, and the end of the file is repeated after it, so that the
    file stays a valid PDF.
    """
    if not body.startswith(_PDF):
        return body + receipt.block().encode() + b"\n"
    start = _START.search(body[-100:])
    if start is None:
        raise BadReceipt(CHANGED)
    return body + b"%%%s\nstartxref\n%s\n%%%%EOF\n" % (receipt.line().encode(), start[1])


def extract_receipt(content: bytes) -> Receipt:
    """Extract the receipt from an unchanged copy; raises BadReceipt.

    This does not check the receipt's signature.
    """
    marker = b"\n%{" if content.startswith(_PDF) else b"\n{\n"
    body, separator, end = content.rpartition(marker)
    if not separator:
        raise BadReceipt(NO_RECEIPT)
    receipt = find_receipt((marker + end).decode(errors="replace"))
    body += b"\n"
    if add_receipt(body, receipt) != content or sha256(body) != receipt.file:
        raise BadReceipt(CHANGED)
    return receipt


def find_receipt(text: str) -> Receipt:
    """Find the last receipt in a text, ignoring line breaks; raises BadReceipt."""
    blocks = re.findall(r"\{[^{}]*\}", text)
    if not blocks:
        raise BadReceipt(NO_RECEIPT)
    try:
        return Receipt.model_validate_json(re.sub(r"\s", "", blocks[-1]))
    except ValidationError:
        raise BadReceipt(NOT_SIGNED) from None


def check_signature(receipt: Receipt, key: ReceiptKey) -> None:
    """Raise BadReceipt unless the receipt was signed with a key and is unchanged."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        public_key = b64decode(key.public_key, validate=True)
        verifier = Ed25519PublicKey.from_public_bytes(public_key)
        if receipt.key != key_id(public_key):
            raise BadReceipt(OTHER_KEY)
        signature = b64decode(receipt.signature)
        # Several base64 strings decode to the same bytes.
        if b64encode(signature).decode() != receipt.signature:
            raise BadReceipt(NOT_SIGNED)
        verifier.verify(signature, receipt.canonical())
        receipt.submitted  # noqa: B018 - parses the time, to reject an invalid one
    except (InvalidSignature, ValueError):
        raise BadReceipt(NOT_SIGNED) from None
