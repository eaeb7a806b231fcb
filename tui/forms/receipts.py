"""The command `portal receipt verify`: checks that a saved copy is unchanged."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from pydantic import ValidationError

from shared.forms.receipts import (
    BadReceipt,
    Receipt,
    ReceiptKey,
    check_signature,
    extract_receipt,
)
from shared.values.days import format_day, format_time, london_day
from tui.core.client import Client
from tui.core.errors import PortalError
from tui.core.settings import Settings
from tui.documents.texts import error_reason, printable
from tui.forms.api import read_receipt_key

GENUINE, NOT_GENUINE, NOT_CHECKED = 0, 1, 2
NOTHING_CHECKED = "Nothing was checked."
REMEDY = (
    "Name your portal with `portal --server URL receipt verify FILE`, check the connection, or "
    "pass a file with the key using --key."
)


def verify(file: Path, key_file: Path | None, settings: Settings) -> int:
    """Verify a saved copy, print the result and return the exit code."""
    server = settings.server
    try:
        with file.open("rb") as source:
            receipt = extract_receipt(source.read())
        key = _read_key(key_file) if key_file else asyncio.run(_fetch_key(settings, receipt.key))
        check_signature(receipt, key)
    except BadReceipt as error:
        print(f"✗ {printable(str(file))}: {error}", file=sys.stderr)
        return NOT_GENUINE
    except OSError as error:
        print(
            f"{printable(str(error.filename))} can't be read: {error_reason(error)}.",
            file=sys.stderr,
        )
        return NOT_CHECKED
    except ValidationError:
        print(
            f"{printable(str(key_file))} does not contain a portal's key. {NOTHING_CHECKED}",
            file=sys.stderr,
        )
        return NOT_CHECKED
    except PortalError:
        print(
            f"{server} could not be reached for its key. {NOTHING_CHECKED} {REMEDY}",
            file=sys.stderr,
        )
        return NOT_CHECKED
    print(verified_text(file, receipt, server if key_file is None else printable(str(key_file))))
    return GENUINE


def _read_key(file: Path) -> ReceiptKey:
    return ReceiptKey.model_validate_json(file.read_bytes())


async def _fetch_key(settings: Settings, id: str) -> ReceiptKey:
    client = Client(settings.server, ca_file=settings.ca_file)
    try:
        return await read_receipt_key(client, id)
    finally:
        await client.close()


def verified_text(file: Path, receipt: Receipt, key: str) -> str:
    """Return the message for a genuine receipt."""
    submitted_at = receipt.submitted
    return (
        f"✓ {printable(str(file))} is as the portal made it.\n"
        f"  Reference {receipt.reference}: {receipt.form}, version {receipt.version}\n"
        f"  Submitted {format_day(london_day(submitted_at))} {format_time(submitted_at)} "
        "(UK time)\n"
        f"  Checked with the key {receipt.key} of {key}"
    )
