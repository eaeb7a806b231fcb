"""The scan of documents for viruses, in the background, with retries.

`next_scan_at` says when a document is due: at once after the upload, later when there was no
verdict, and again each week, because signatures are added. A worker claims a document by moving
it to the end of a lease. No transaction is open while clamd answers, no two workers scan the same
document, and the document of a killed worker is due again when the lease ends.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from functools import partial

import structlog
from sqlmodel import col, select, update

from server.cases.service import newest_case, responsible_officers
from server.core.audit import Action, record
from server.core.database import Services, Transaction
from server.core.problems import PortalProblem
from server.core.repeat import repeat
from server.core.scanning import SCAN_SECONDS, ScanFailed, scan
from server.documents.content import open_content
from server.documents.tables import Document, DocumentReader
from server.messages.service import send_message
from shared.documents import ScanState
from shared.places import PlaceKind

log = structlog.get_logger()

WORKERS = 2
POLL_SECONDS = 2.0
"""Seconds between checks for documents of other processes, and for retries."""
LEASE = timedelta(seconds=2 * SCAN_SECONDS)
"""Longer than a scan can take, so that no lease ends during one."""
RESCAN_AFTER = timedelta(days=7)
FIRST_RETRY_DELAY = timedelta(seconds=5)
MAX_DOUBLINGS = 7
"""The delay between retries grows to about ten minutes."""

HELD_SUBJECT = "A virus was found in a file that you uploaded"
HELD_BODY = (
    "A virus was found in {name}. Nobody can open the file in the portal. If a form still has it, "
    "remove it there, then choose another file. Have your computer checked before you upload "
    "again."
)
READER_SUBJECT = "A virus was found in a file that you could open"
READER_BODY = (
    "A virus was found in {name}. Nobody can open the file in the portal any more. If you saved a "
    "copy, do not open it: ask your ICT service."
)
CASE_SUBJECT = "A virus was found in a submitted file"
CASE_BODY = (
    "A virus was found in {name}, which belongs to a case. Nobody can open the file in the portal. "
    "Whoever uploaded it, or could open it, was told. If you saved a copy, do not open it: ask "
    "your ICT service."
)


async def run_scans(services: Services) -> None:
    """Scan due documents until cancelled; does nothing if no clamd is configured."""
    if services.settings.clamd:
        work = partial(_scan_then_wait, services)
        await asyncio.gather(*(repeat("scanning", 0, work) for _ in range(WORKERS)))


async def _scan_then_wait(services: Services) -> None:
    services.document_added.clear()
    try:
        await scan_due(services)
    finally:  # also after an error, so that errors do not follow each other at once
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await services.document_added.wait()


async def scan_due(services: Services) -> int:
    """Scan the documents that are due, and return the number of verdicts."""
    verdicts = 0
    while await services.read(_find_due) and (document := await services.write(_claim)):
        verdicts += await _scan(services, document)
    return verdicts


def _find_due(tx: Transaction) -> Document | None:
    query = (
        select(Document)
        .where(col(Document.next_scan_at) <= tx.now)
        .order_by(col(Document.next_scan_at))
        .limit(1)
    )
    return tx.session.exec(query.with_for_update(skip_locked=True) if tx.writes else query).first()


def _claim(tx: Transaction) -> Document | None:
    document = _find_due(tx)
    if document is not None:
        document.next_scan_at = tx.now + LEASE
        tx.session.add(document)
    return document


async def _scan(services: Services, document: Document) -> bool:
    """Scan a claimed document, record the result and return whether there was a verdict."""
    try:
        signature = await scan(services.settings.clamd, _content(services, document))
    except (ScanFailed, PortalProblem) as error:
        reason = str(error) if isinstance(error, ScanFailed) else "not stored"
        log.warning("scan_failed", document=str(document.id), reason=reason)
        await services.write(partial(_record_failure, document))
        return False
    if signature is None:
        await services.write(partial(_record_clean, document))
    else:
        log.error(
            "virus_found",
            document=str(document.id),
            signature=signature,
            do="Inform who is responsible for security. Nobody can open the document.",
        )
        await services.write(partial(_hold, document))
    return True


async def _content(services: Services, document: Document) -> AsyncIterator[bytes]:
    """Yield the chunks of a document's content."""
    async for chunk in await open_content(services, document):
        yield chunk


def _update(tx: Transaction, document: Document, **values: object) -> bool:
    """Update a claimed document and return whether it still is; a removed one is not."""
    result = tx.session.exec(
        update(Document)
        .where(col(Document.id) == document.id, col(Document.next_scan_at) == document.next_scan_at)
        .values(**values)
    )
    return bool(result.rowcount)


def _record_failure(document: Document, tx: Transaction) -> None:
    delay = FIRST_RETRY_DELAY * 2 ** min(document.scan_attempts, MAX_DOUBLINGS)
    _update(tx, document, scan_attempts=document.scan_attempts + 1, next_scan_at=tx.now + delay)


def _record_clean(document: Document, tx: Transaction) -> None:
    _update(
        tx,
        document,
        scan=ScanState.CLEAN,
        scan_attempts=0,
        next_scan_at=tx.now + RESCAN_AFTER,
    )


def _hold(claimed: Document, tx: Transaction) -> None:
    """Hold an infected document, and tell who uploaded it, who could read it, and officers."""
    if not _update(tx, claimed, scan=ScanState.INFECTED, next_scan_at=None):
        return
    # The child may have been matched since the claim.
    document = tx.session.get_one(Document, claimed.id)
    record(tx, Action.DOCUMENT_HELD, subject=document.id, person=document.person_id)
    case = newest_case(tx, document.person_id) if document.kept_at else None
    officers = responsible_officers(tx, case) if case else []
    readers = select(DocumentReader.account_id).where(DocumentReader.document_id == document.id)
    place = PlaceKind.CASE.of(case.id) if case else None
    messages = {
        **dict.fromkeys(tx.session.exec(readers), (READER_SUBJECT, READER_BODY, None)),
        **dict.fromkeys(officers, (CASE_SUBJECT, CASE_BODY, place)),
        document.account_id: (HELD_SUBJECT, HELD_BODY, None),
    }
    for account, (subject, body, link) in messages.items():
        send_message(
            tx,
            to_account=account,
            subject=subject,
            body=body.format(name=document.name),
            person=document.person_id,
            place=link,
            place_label="Open the case" if link else None,
        )
