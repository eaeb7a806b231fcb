"""Comparison of the clients' histories with the stored data.

It reports lost, duplicated, wrong and orphaned data, independently of the load generator.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from tests.faults.history import Kind, Operation
from tests.faults.relay import Mail
from tests.faults.replay import Form, replay
from tests.faults.stored import Stored

MESSAGE_MAIL = "You have a message in the Professional Portal"
CODE_MAIL = "Your verification code"
MARKING_SECONDS = 1.0
"""Seconds that a busy server may need to mark a delivered email as sent."""
STALE = 412
CODE_REFUSED = {401, 422, 429}
NOT_REPEATED = {Kind.UPLOAD, Kind.SIGN_IN, Kind.GIVE_CODE}
"""Operations that a client does not retry after a lost reply."""


class Fault(StrEnum):
    """Kind of finding."""

    LOST = "lost"
    DUPLICATED = "duplicated"
    WRONG = "wrong"
    ORPHAN = "orphans"
    MAIL_LOST = "mails lost"
    MAIL_DUPLICATED = "mails duplicated"
    DAMAGED = "damaged"


class Finding(NamedTuple):
    """Difference between what was acknowledged and what is stored."""

    fault: Fault
    message: str


Findings = Iterator[Finding]


def check(operations: list[Operation], stored: Stored) -> list[Finding]:
    """Compare the histories with the stored data."""
    forms = replay(operations)
    return [
        *_check_replies(operations, forms),
        *_check_people(operations, stored),
        *_check_forms(forms, stored),
        *_check_saves(forms, stored),
        *_check_versions(forms, stored),
        *_check_documents(operations, forms, stored),
        *_check_messages(operations, stored),
        *_check_sign_ins(operations, stored),
        *check_outbox(stored),
        *check_emails(stored),
        *(Finding(Fault.DAMAGED, text) for text in stored.damage),
    ]


def _check_replies(operations: list[Operation], forms: dict[str, Form]) -> Findings:
    """Report operations that were unexpectedly refused or never answered."""
    for op in operations:
        if op.unanswered and op.kind not in NOT_REPEATED:
            yield Finding(Fault.LOST, f"{op}: never answered")
        if op.unanswered or op.acknowledged or _may_be_refused(op, forms):
            continue
        after = f" after {op.lost_replies} lost replies" if op.lost_replies else ""
        yield Finding(Fault.WRONG, f"{op}: answered {op.status} {op.reply}{after}")


def _may_be_refused(op: Operation, forms: dict[str, Form]) -> bool:
    match op.kind:
        case Kind.SAVE:
            form = forms.get(op.data["submission"])
            return op.status == STALE and form is not None and form.shared
        case Kind.SIGN_IN | Kind.GIVE_CODE:
            return op.status in CODE_REFUSED
    return False


def _check_count(actual: int, expected: int, subject: str) -> Findings:
    if actual < expected:
        yield Finding(Fault.LOST, f"{subject}: {actual} instead of {expected}")
    if actual > expected:
        yield Finding(Fault.DUPLICATED, f"{subject}: {actual} instead of {expected}")


def _acknowledged(operations: list[Operation], kind: Kind) -> list[Operation]:
    return [op for op in operations if op.kind is kind and op.acknowledged]


def _check_people(operations: list[Operation], stored: Stored) -> Findings:
    additions = {op.data["person"]: op for op in _acknowledged(operations, Kind.ADD_PERSON)}
    for id, op in additions.items():
        if stored.people.get(id) != op.account:
            yield Finding(Fault.LOST, f"{op}: person {id} is not stored")
        yield from _check_count(stored.audit["person_added", id], 1, f"audit of adding person {id}")
    for id in stored.people.keys() - additions.keys():
        yield Finding(Fault.DUPLICATED, f"person {id}: nobody added this person")


def _check_forms(forms: dict[str, Form], stored: Stored) -> Findings:
    for id, form in forms.items():
        row = stored.submissions.get(id)
        if form.deleted and row is not None:
            yield Finding(Fault.LOST, f"form {id}: discarded but still stored")
        if not form.deleted and row is None:
            yield Finding(Fault.LOST, f"form {id}: not stored")
        for op in form.out_of_order:
            yield Finding(Fault.WRONG, f"{op}: acknowledged as version {op.reply['version']}")
        if row is not None and not form.deleted:
            yield from _check_answers(form, row.version, row.answers)
        for action, count in (
            ("form_started", 1),
            ("form_saved", len(form.saves)),
            ("form_submitted", len(form.versions)),
            ("form_discarded", form.discards),
        ):
            yield from _check_count(stored.audit[action, id], count, f"audit {action} of form {id}")
    for id in stored.submissions.keys() - forms.keys():
        yield Finding(Fault.DUPLICATED, f"form {id}: nobody started it")


def _check_answers(form: Form, version: int, answers: dict[str, object]) -> Findings:
    if version != form.version:
        text = f"form {form.id}: at version {version} instead of {form.version}"
        yield Finding(Fault.WRONG, text)
    for name in sorted(form.answers.keys() | answers.keys()):
        if answers.get(name) != form.answers.get(name):
            actual, expected = str(answers.get(name))[:60], str(form.answers.get(name))[:60]
            text = f"form {form.id}, answer {name}: {actual!r} instead of {expected!r}"
            yield Finding(Fault.WRONG, text)


def _check_saves(forms: dict[str, Form], stored: Stored) -> Findings:
    expected = {
        save: (form.id, version)
        for form in forms.values()
        if not form.deleted
        for save, version in form.saves.items()
    }
    for id, save in expected.items():
        if id not in stored.saves:
            yield Finding(Fault.LOST, f"save {id} of form {save[0]}: not stored")
        elif stored.saves[id] != save:
            yield Finding(Fault.WRONG, f"save {id}: {stored.saves[id]} instead of {save}")
    for id in stored.saves.keys() - expected.keys():
        yield Finding(Fault.DUPLICATED, f"save {id}: stored but not acknowledged")


def _check_versions(forms: dict[str, Form], stored: Stored) -> Findings:
    expected = {
        id: (form.id, number, answers)
        for form in forms.values()
        for number, (id, answers) in enumerate(form.versions.items(), 1)
    }
    for id, version in expected.items():
        if id not in stored.versions:
            yield Finding(Fault.LOST, f"submitted version {id} of form {version[0]}: not stored")
        elif stored.versions[id] != version:
            text = f"submitted version {id} of form {version[0]}: different answers or number"
            yield Finding(Fault.WRONG, text)
    for id in stored.versions.keys() - expected.keys():
        text = f"submitted version {id} of form {stored.versions[id][0]}: nobody submitted it"
        yield Finding(Fault.DUPLICATED, text)


def _check_documents(
    operations: list[Operation], forms: dict[str, Form], stored: Stored
) -> Findings:
    uploads = {op.data["document"]: op for op in operations if op.kind is Kind.UPLOAD}
    removed = {op.data["document"] for op in _acknowledged(operations, Kind.REMOVE)}
    for form in forms.values():
        removed |= form.dropped_documents
    for id, op in uploads.items():
        if op.acknowledged:
            yield from _check_count(
                stored.audit["document_added", id], 1, f"audit of document {id}"
            )
        if id in removed:
            text = f"audit of removing document {id}"
            yield from _check_count(stored.audit["document_removed", id], 1, text)
            if id in stored.documents:
                yield Finding(Fault.LOST, f"document {id}: removed but still stored")
        elif op.acknowledged or id in stored.documents:
            yield from _check_bytes(op, id, stored)
    for id in stored.documents.keys() - uploads.keys():
        yield Finding(Fault.DUPLICATED, f"document {id}: nobody uploaded it")
    for key in stored.bytes.keys() - {key for _, key in stored.documents.values()}:
        yield Finding(Fault.ORPHAN, f"bytes {key}: no row")
    for key in stored.unswept:
        yield Finding(Fault.ORPHAN, f"key {key}: not swept")


def _check_bytes(upload: Operation, id: str, stored: Stored) -> Findings:
    digest, key = stored.documents.get(id, ("", ""))
    if not key:
        yield Finding(Fault.LOST, f"{upload}: document {id} is not stored")
    elif key not in stored.bytes:
        fault = Fault.LOST if upload.acknowledged else Fault.ORPHAN
        yield Finding(fault, f"{upload}: document {id} has no bytes")
    elif {digest, stored.bytes[key]} != {upload.data["sha256"]}:
        yield Finding(Fault.WRONG, f"{upload}: the bytes of document {id} differ")


def _check_messages(operations: list[Operation], stored: Stored) -> Findings:
    """Check that each submission was confirmed to its submitter, and that read marks are stored."""
    submit_counts = Counter(
        (op.account, f"forms/{op.data['submission']}/versions")
        for op in _acknowledged(operations, Kind.SUBMIT)
    )
    counts = Counter((account, place) for account, place, _ in stored.messages.values())
    for (account, place), count in submit_counts.items():
        yield from _check_count(counts[account, place], count, f"messages that lead to {place}")
    for op in _acknowledged(operations, Kind.MARK_READ):
        if not stored.messages.get(op.data["message"], ("", "", False))[2]:
            yield Finding(Fault.LOST, f"{op}: message {op.data['message']} is not read")


def _check_sign_ins(operations: list[Operation], stored: Stored) -> Findings:
    for kind, action in ((Kind.SIGN_IN, "code_sent"), (Kind.GIVE_CODE, "signed_in")):
        expected = Counter(op.account for op in _acknowledged(operations, kind))
        for account, count in expected.items():
            # An attempt whose reply was lost may have succeeded, so there may be more.
            actual = stored.by_account[action, account]
            yield from _check_count(
                min(actual, count), count, f"audit {action} of account {account}"
            )


def check_outbox(stored: Stored) -> Findings:
    """Check that the outbox has one email for each message and each code."""
    messages = Counter(stored.emails[account] for account, _, _ in stored.messages.values())
    outbox_counts = Counter((to, subject) for to, subject, _ in stored.outbox.values())
    for account, email in stored.emails.items():
        codes = stored.by_account["code_sent", account]
        for subject, expected in ((MESSAGE_MAIL, messages[email]), (CODE_MAIL, codes)):
            actual = outbox_counts[email, subject]
            text = f"mails {subject!r} to {email}: {actual} instead of {expected}"
            if actual != expected:
                yield Finding(Fault.MAIL_LOST if actual < expected else Fault.MAIL_DUPLICATED, text)


def check_emails(stored: Stored) -> Findings:
    """Report emails that were lost or delivered twice."""
    delivered = _group_by_id(stored)
    for id, (to, subject, sent) in stored.outbox.items():
        if id not in delivered:
            yield Finding(Fault.MAIL_LOST, f"mail {id} ({subject}) to {to}: never delivered")
        elif not sent:
            yield Finding(Fault.MAIL_LOST, f"mail {id} ({subject}) to {to}: not marked as sent")
    for id, emails in delivered.items():
        if id not in stored.outbox:
            yield Finding(Fault.MAIL_DUPLICATED, f"mail {id}: delivered but not in the outbox")
        for mail, repeat in pairwise(emails):
            if not _sent_around_kill(mail, repeat, stored):
                text = f"mail {id} ({mail.subject}) to {mail.to}: delivered again"
                yield Finding(Fault.MAIL_DUPLICATED, text)


def count_resent_emails(stored: Stored) -> int:
    """Count emails resent because of a kill between sending and marking them."""
    return sum(
        _sent_around_kill(mail, repeat, stored)
        for emails in _group_by_id(stored).values()
        for mail, repeat in pairwise(emails)
    )


def _group_by_id(stored: Stored) -> dict[str, list[Mail]]:
    emails: dict[str, list[Mail]] = defaultdict(list)
    for mail in stored.delivered_emails:
        emails[mail.id].append(mail)
    return emails


def _sent_around_kill(mail: Mail, repeat: Mail, stored: Stored) -> bool:
    """Whether an email was resent because the server was killed just after delivering it."""
    next_start = bisect_right(stored.start_times, mail.at)
    if next_start == len(stored.start_times) or repeat.at < stored.start_times[next_start]:
        return False
    return stored.start_times[next_start] - mail.at < MARKING_SECONDS
