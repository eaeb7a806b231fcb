"""The checker reports lost, duplicated, wrong and orphaned data, and nothing else."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.faults.checker import CODE_MAIL, MESSAGE_MAIL, Fault, check, count_resent_emails
from tests.faults.history import History, Kind, Operation, read_histories
from tests.faults.relay import Mail
from tests.faults.stored import Stored, Submission

ADA, BEA = "ada", "bea"
PLACE = "forms/own/versions"
START_TIMES = [0.0, 10.0, 20.0]

Calls = list[tuple[Kind, dict[str, Any], dict[str, Any]]]


def ada_calls() -> Calls:
    """Calls on Ada's own forms, and on the form that she shares."""
    return [
        (Kind.ADD_PERSON, {"person": "ivo"}, {}),
        (Kind.START, {"submission": "own"}, {}),
        (Kind.SAVE, {"submission": "own", "save": "s1", "changes": {"semh": "a"}}, {"version": 2}),
        (Kind.UPLOAD, {"document": "scan", "sha256": "5ca9"}, {}),
        (
            Kind.SAVE,
            {
                "submission": "own",
                "save": "s2",
                "changes": {"semh": "b", "sensory": None, "documents": [{"file": "scan"}]},
            },
            {"version": 3},
        ),
        (Kind.SUBMIT, {"submission": "own", "version": "v1"}, {}),
        (Kind.MARK_READ, {"message": "m1"}, {}),
        (Kind.START, {"submission": "gone"}, {}),
        (Kind.UPLOAD, {"document": "note", "sha256": "0075"}, {}),
        (
            Kind.SAVE,
            {"submission": "gone", "save": "s3", "changes": {"documents": [{"file": "note"}]}},
            {"version": 2},
        ),
        (Kind.DISCARD, {"submission": "gone"}, {}),
        (Kind.UPLOAD, {"document": "old", "sha256": "01d0"}, {}),
        (Kind.REMOVE, {"document": "old"}, {}),
        (Kind.START, {"submission": "shared"}, {}),
        (Kind.SHARE, {"submission": "shared"}, {}),
        (
            Kind.SAVE,
            {"submission": "shared", "save": "s5", "changes": {"semh": "x"}},
            {"version": 3},
        ),
    ]


def bea_calls() -> Calls:
    """Calls on the form shared with Bea, and her sign-in."""
    return [
        (
            Kind.SAVE,
            {"submission": "shared", "save": "s4", "changes": {"semh": "y"}},
            {"version": 2},
        ),
        (Kind.SIGN_IN, {}, {}),
        (Kind.GIVE_CODE, {}, {}),
    ]


@pytest.fixture
def operations() -> list[Operation]:
    """Operations of two clients: on forms of one of them, and on a shared form."""
    return [
        Operation(client, account, number, kind, data, status=200, reply=reply)
        for client, (account, calls) in enumerate([(ADA, ada_calls()), (BEA, bea_calls())])
        for number, (kind, data, reply) in enumerate(calls, 1)
    ]


def audit_entries() -> Counter[tuple[str, str]]:
    """Count the audit entries of the operations, by action and subject."""
    return Counter(
        {
            ("person_added", "ivo"): 1,
            ("form_started", "own"): 1,
            ("form_saved", "own"): 2,
            ("form_submitted", "own"): 1,
            ("form_started", "gone"): 1,
            ("form_saved", "gone"): 1,
            ("form_discarded", "gone"): 1,
            ("form_started", "shared"): 1,
            ("form_saved", "shared"): 2,
            ("document_added", "scan"): 1,
            ("document_added", "note"): 1,
            ("document_removed", "note"): 1,
            ("document_added", "old"): 1,
            ("document_removed", "old"): 1,
        }
    )


@pytest.fixture
def stored() -> Stored:
    """Stored data that matches the operations."""
    answers = {"semh": "b", "documents": [{"file": "scan"}]}
    return Stored(
        emails={ADA: "ada@x.example", BEA: "bea@x.example"},
        people={"ivo": ADA},
        submissions={
            "own": Submission(ADA, 4, dict(answers)),
            "shared": Submission(ADA, 3, {"semh": "x"}),
        },
        saves={"s1": ("own", 2), "s2": ("own", 3), "s4": ("shared", 2), "s5": ("shared", 3)},
        versions={"v1": ("own", 1, dict(answers))},
        documents={"scan": ("5ca9", "scan-1")},
        bytes={"scan-1": "5ca9"},
        audit=audit_entries(),
        by_account=Counter({("code_sent", BEA): 1, ("signed_in", BEA): 1}),
        messages={"m1": (ADA, PLACE, True)},
        outbox={
            "mail-1": ("ada@x.example", MESSAGE_MAIL, True),
            "mail-2": ("bea@x.example", CODE_MAIL, True),
        },
        delivered_emails=[
            Mail("mail-1", "ada@x.example", MESSAGE_MAIL, 5.0),
            Mail("mail-2", "bea@x.example", CODE_MAIL, 6.0),
        ],
        start_times=START_TIMES,
    )


def test_no_findings_when_everything_is_stored(operations: list[Operation], stored: Stored) -> None:
    assert check(operations, stored) == []


def _redeliver(stored: Stored, id: str, at: float) -> None:
    mail = next(mail for mail in stored.delivered_emails if mail.id == id)
    stored.delivered_emails = [*stored.delivered_emails, replace(mail, at=at)]


FAULTS: dict[str, tuple[Callable[[Stored], object], Fault, str]] = {
    "a lost person": (lambda s: s.people.pop("ivo"), Fault.LOST, "person ivo"),
    "a person nobody added": (lambda s: s.people.update(eve=ADA), Fault.DUPLICATED, "person eve"),
    "a lost form": (lambda s: s.submissions.pop("own"), Fault.LOST, "form own: not stored"),
    "a form nobody started": (
        lambda s: s.submissions.update(new=Submission(ADA, 1)),
        Fault.DUPLICATED,
        "form new",
    ),
    "a restored discarded form": (
        lambda s: s.submissions.update(gone=Submission(ADA, 2)),
        Fault.LOST,
        "form gone: discarded",
    ),
    "a lost save": (lambda s: s.saves.pop("s2"), Fault.LOST, "save s2 of form own"),
    "a save nobody acknowledged": (
        lambda s: s.saves.update(s9=("own", 5)),
        Fault.DUPLICATED,
        "save s9",
    ),
    "a save of another version": (
        lambda s: s.saves.update(s2=("own", 2)),
        Fault.WRONG,
        "save s2",
    ),
    "a wrong answer": (
        lambda s: s.submissions["own"].answers.update(semh="a"),
        Fault.WRONG,
        "form own, answer semh: 'a' instead of 'b'",
    ),
    "a lost answer": (
        lambda s: s.submissions["own"].answers.pop("semh"),
        Fault.WRONG,
        "answer semh",
    ),
    "a restored cleared answer": (
        lambda s: s.submissions["own"].answers.update(sensory="c"),
        Fault.WRONG,
        "answer sensory",
    ),
    "an overwritten answer of two clients": (
        lambda s: s.submissions["shared"].answers.update(semh="y"),
        Fault.WRONG,
        "form shared",
    ),
    "a wrong version": (
        lambda s: setattr(s.submissions["own"], "version", 3),
        Fault.WRONG,
        "at version 3",
    ),
    "a lost submit": (lambda s: s.versions.pop("v1"), Fault.LOST, "submitted version v1"),
    "a duplicate submit": (
        lambda s: s.versions.update(v2=("own", 2, {})),
        Fault.DUPLICATED,
        "submitted version v2",
    ),
    "a submit with different answers": (
        lambda s: s.versions.update(v1=("own", 1, {})),
        Fault.WRONG,
        "submitted version v1",
    ),
    "a lost message": (lambda s: s.messages.clear(), Fault.LOST, f"messages that lead to {PLACE}"),
    "a duplicate message": (
        lambda s: s.messages.update(m2=(ADA, PLACE, False)),
        Fault.DUPLICATED,
        "messages that lead to",
    ),
    "a message unread again": (
        lambda s: s.messages.update(m1=(ADA, PLACE, False)),
        Fault.LOST,
        "message m1 is not read",
    ),
    "a lost document": (lambda s: s.documents.pop("scan"), Fault.LOST, "document scan"),
    "lost bytes": (lambda s: s.bytes.pop("scan-1"), Fault.LOST, "document scan has no bytes"),
    "other bytes": (
        lambda s: s.bytes.update({"scan-1": "00"}),
        Fault.WRONG,
        "bytes of document scan",
    ),
    "a restored removed document": (
        lambda s: s.documents.update(old=("01d0", "old-1")),
        Fault.LOST,
        "document old: removed",
    ),
    "a document of a discarded draft": (
        lambda s: s.documents.update(note=("0075", "note-1")),
        Fault.LOST,
        "document note: removed",
    ),
    "a document nobody uploaded": (
        lambda s: s.documents.update(odd=("0", "odd-1")),
        Fault.DUPLICATED,
        "document odd",
    ),
    "an orphan": (
        lambda s: s.bytes.update({"old-1": "01d0"}),
        Fault.ORPHAN,
        "bytes old-1: no row",
    ),
    "bytes of an aborted second upload": (
        lambda s: s.bytes.update({"scan-2#1": "5c"}),
        Fault.ORPHAN,
        "bytes scan-2#1: no row",
    ),
    "a key that is not swept": (lambda s: s.unswept.append("old-1"), Fault.ORPHAN, "key old-1"),
    "a lost audit entry": (
        lambda s: s.audit.update({("form_saved", "own"): -1}),
        Fault.LOST,
        "audit form_saved",
    ),
    "a duplicate audit entry": (
        lambda s: s.audit.update({("document_added", "scan"): 1}),
        Fault.DUPLICATED,
        "audit of doc",
    ),
    "a lost sign-in": (lambda s: s.by_account.pop(("signed_in", BEA)), Fault.LOST, "signed_in"),
    "an email never queued": (
        lambda s: s.outbox.pop("mail-1"),
        Fault.MAIL_LOST,
        "to ada@x.example: 0 instead of 1",
    ),
    "an email queued twice": (
        lambda s: s.outbox.update({"mail-3": ("bea@x.example", CODE_MAIL, True)}),
        Fault.MAIL_DUPLICATED,
        "to bea@x.example: 2 instead of 1",
    ),
    "a lost email": (
        lambda s: setattr(s, "delivered_emails", s.delivered_emails[1:]),
        Fault.MAIL_LOST,
        "mail-1",
    ),
    "an email not marked as sent": (
        lambda s: s.outbox.update({"mail-1": ("ada@x.example", MESSAGE_MAIL, False)}),
        Fault.MAIL_LOST,
        "not marked as sent",
    ),
    "a duplicate email": (lambda s: _redeliver(s, "mail-1", 15.0), Fault.MAIL_DUPLICATED, "mail-1"),
    "a duplicate email from one process": (
        lambda s: _redeliver(s, "mail-2", 7.0),
        Fault.MAIL_DUPLICATED,
        "mail-2",
    ),
    "a duplicate email after the last kill": (
        lambda s: _redeliver(s, "mail-2", 29.0),
        Fault.MAIL_DUPLICATED,
        "mail-2",
    ),
    "damage": (lambda s: s.damage.append("row 7 missing"), Fault.DAMAGED, "row 7 missing"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_reported(name: str, operations: list[Operation], stored: Stored) -> None:
    corrupt, fault, text = FAULTS[name]
    corrupt(stored)
    findings = check(operations, stored)
    assert any(finding.fault is fault and text in finding.message for finding in findings), findings


def test_row_without_bytes_of_an_unanswered_upload_is_an_orphan(
    operations: list[Operation], stored: Stored
) -> None:
    upload = Operation(1, BEA, 9, Kind.UPLOAD, {"document": "half", "sha256": "ff"}, lost_replies=1)
    assert check([*operations, upload], stored) == []
    stored.documents["half"] = "ff", "half-1"
    (finding,) = check([*operations, upload], stored)
    assert finding.fault is Fault.ORPHAN
    stored.bytes["half-1"] = "ff"
    assert check([*operations, upload], stored) == []


def test_mail_delivered_just_before_a_kill_may_be_sent_again(
    operations: list[Operation], stored: Stored
) -> None:
    stored.delivered_emails = [replace(mail, at=9.5) for mail in stored.delivered_emails]
    _redeliver(stored, "mail-2", 15.0)
    assert check(operations, stored) == []
    assert count_resent_emails(stored) == 1


@pytest.mark.parametrize(
    ("kind", "data", "status", "lost_replies", "is_expected"),
    [
        (Kind.SAVE, {"submission": "shared", "save": "s8"}, 412, 0, True),
        (Kind.SAVE, {"submission": "own", "save": "s8"}, 412, 1, False),
        (Kind.SAVE, {"submission": "own", "save": "s8"}, 500, 0, False),
        (Kind.SAVE, {"submission": "own", "save": "s8"}, 0, 1, False),
        (Kind.REMOVE, {"document": "old"}, 404, 1, True),
        (Kind.REMOVE, {"document": "old"}, 404, 0, False),
        (Kind.GIVE_CODE, {}, 422, 0, True),
        (Kind.GIVE_CODE, {}, 0, 1, True),
        (Kind.SIGN_IN, {}, 0, 1, True),
        (Kind.SIGN_IN, {}, 500, 0, False),
    ],
)
def test_only_expected_refusals_are_ignored(
    kind: Kind,
    data: dict[str, str],
    status: int,
    lost_replies: int,
    is_expected: bool,
    operations: list[Operation],
    stored: Stored,
) -> None:
    refused = Operation(1, BEA, 9, kind, data, lost_replies, status)
    assert (check([*operations, refused], stored) == []) is is_expected


def test_discarded_edit_restores_the_submitted_answers(
    operations: list[Operation], stored: Stored
) -> None:
    changes = {"submission": "own", "save": "s6", "changes": {"semh": "c"}}
    edits = [
        Operation(0, ADA, 20, Kind.SAVE, changes, status=200, reply={"version": 5}),
        Operation(0, ADA, 21, Kind.DISCARD, {"submission": "own"}, lost_replies=1, status=404),
    ]
    stored.submissions["own"].version = 6
    stored.saves["s6"] = "own", 5
    stored.audit.update({("form_saved", "own"): 1, ("form_discarded", "own"): 1})
    assert check([*operations, *edits], stored) == []


def test_history_round_trip(tmp_path: Path) -> None:
    with History(tmp_path, 3, ADA) as history:
        number = history.record_request(Kind.SAVE, {"save": "s1"})
        history.record_lost_reply(number, "ReadError")
        history.record_reply(number, 200, {"version": 2})
        history.record_request(Kind.UPLOAD, {"document": "scan"})
    saved, upload = read_histories(tmp_path)
    assert saved == Operation(3, ADA, 1, Kind.SAVE, {"save": "s1"}, 1, 200, {"version": 2})
    assert saved.acknowledged
    assert upload.unanswered
