"""Closing, exporting and erasing accounts by command."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4
from zipfile import ZipFile

import pytest
from httpx import Client
from sqlalchemy import Uuid
from sqlmodel import SQLModel

from benchmarks.p13_desk import insert_cases
from server.accounts.tables import Account, IdentityCheck, RecoveryCode, Registration
from server.cli import main
from server.core.database import Services, table_of
from server.desk.tables import CaseView
from server.documents.tables import Document
from server.forms.tables import Submission
from server.records.about_account import DELETED_WITH_ACCOUNT, KEPT_COLUMNS
from server.records.tables import Erasure
from tests.emails import last_email
from tests.parts import Factory, Someone
from tests.server.accounts.steps import sign_in
from tests.server.desk.steps import advice_body, create_case_in_assessment
from tests.server.records.steps import (
    SUBMITTED,
    UNSUBMITTED,
    attach,
    file_entry,
    stored_text,
    tables_with,
)
from tests.server.routes import SSH_KEY
from tests.server.steps import (
    add_child,
    audit_of,
    ok,
    required_answers,
    rows,
    save,
    send,
    share,
    start,
    submit,
)

pytestmark = pytest.mark.both_databases

EMAIL, NAME, PHONE = "zebulon@osierbeck.example", "Ada Zebulon", "0116 496 0177"
COMMANDS = pytest.mark.usefixtures("command")
NOT_LEFT = ("zebulon", PHONE, "phrasewords", "drivinglicence", "draftwords", "draftbytes")


@pytest.fixture
def zeb(someone: Factory) -> Someone:
    """Professional who leaves."""
    return someone(EMAIL)


@pytest.fixture
def full_account(zeb: Someone, other: Someone, officer: Someone, services: Services) -> Someone:
    """Account with rows in every table about accounts."""
    about = {"title": "", "first_name": "Ada", "last_name": "Zebulon", "phone": PHONE}
    ok(zeb.put("/v1/account/about", json=about))
    ok(zeb.put(f"/v1/phrases/{uuid4()}", json={"text": "phrasewords"}))
    ok(zeb.put(f"/v1/account/ssh-keys/{uuid4()}", json={"line": f"{SSH_KEY} zebulon"}))
    person = add_child(zeb)
    form = start(zeb, person)
    share(zeb, form, other)
    document = attach(zeb, person, SUBMITTED)
    ok(save(other, form, {"attainment": "otherwords"}))
    ok(save(zeb, form, {**required_answers(zeb), **file_entry(document)}))
    ok(submit(zeb, form))
    draft, shared = start(zeb, person), start(zeb, person)
    unsubmitted = attach(zeb, person, UNSUBMITTED)
    ok(save(zeb, draft, {"attainment": "draftwords", **file_entry(unsubmitted)}))
    ok(save(zeb, shared, {"attainment": "sharedwords"}))
    share(zeb, shared, other)
    send(services, zeb)
    with services.transaction() as tx:
        check = {"account_id": zeb.id, "by_id": officer.id, "how": "drivinglicence", "at": tx.now}
        registration = {"id": uuid4(), "email": EMAIL, "password_hash": "", "body_digest": ""}
        times = {"created_at": tx.now, "sent_at": tx.now, "activated_at": tx.now}
        tx.session.add(IdentityCheck.model_validate(check))
        tx.session.add(RecoveryCode(digest="0" * 64, account_id=zeb.id))
        view = {"id": uuid4(), "account_id": zeb.id, "name": "phrasewords", "changed_at": tx.now}
        tx.session.add(CaseView.model_validate({**view, "query": {}, "columns": []}))
        tx.session.add(
            Registration.model_validate({**registration, **times, "details": {"about": about}})
        )
    ok(zeb.http.post("/v1/password/forgotten", json={"email": EMAIL}))
    return zeb


def erase(email: str, *options: str) -> int:
    return main(["account", "erase", email, "--reason", "Asked for it", *options])


@COMMANDS
def test_erased_account_leaves_only_its_id(
    full_account: Someone,
    officer: Someone,
    other_cases: int,
    http: Client,
    services: Services,
    capsys: pytest.CaptureFixture[str],
) -> None:
    insert_cases(services, officer.id, other_cases)
    assert tables_with(stored_text(services), *NOT_LEFT).keys() == set(NOT_LEFT)
    assert erase(EMAIL, "--confirm", EMAIL.upper()) == 0
    assert "Kept under 'Former user'" in capsys.readouterr().out
    assert tables_with(stored_text(services), *NOT_LEFT) == {}
    [account] = [row for row in rows(services, Account) if row.id == full_account.id]
    assert (account.name, account.phone) == ("Former user", "")
    assert sign_in(http, account.email).status_code == 401
    [erasure] = rows(services, Erasure)
    assert erasure.subject_id == full_account.id
    assert [entry.action for entry in audit_of(services)][-2:] == [
        "account_erased",
        "sign_in_refused",
    ]


@COMMANDS
def test_erased_account_keeps_what_was_submitted_or_is_shared(
    full_account: Someone, other: Someone, services: Services
) -> None:
    assert erase(EMAIL, "--confirm", EMAIL) == 0
    texts = stored_text(services)
    assert set(tables_with(texts, "submittedbytes", "otherwords", "sharedwords")) == {
        *("submittedbytes", "otherwords", "sharedwords")
    }
    forms = rows(services, Submission)
    assert sorted(form.state for form in forms) == ["draft", "submitted"]
    assert {form.account_id for form in forms} == {full_account.id}
    [draft] = [form for form in forms if form.state == "draft"]
    assert ok(other.get(f"/v1/submissions/{draft.id}/sharing")).json()["owner"] == "Former user"
    assert len(rows(services, Document)) == 1


@COMMANDS
def test_account_is_erased_only_with_its_email(
    zeb: Someone, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    for options in ((), ("--confirm", "someone@osierbeck.example")):
        assert erase(EMAIL, *options) == 2
        assert f"--confirm {EMAIL}" in capsys.readouterr().err
    assert zeb.get("/v1/account").is_success
    assert main(["account", "erase", EMAIL, "--reason", "Zebulon left", "--confirm", EMAIL]) == 2
    assert "must not name" in capsys.readouterr().err
    assert erase("nobody@osierbeck.example") == 2
    assert rows(services, Erasure) == []


@COMMANDS
def test_staff_account_is_erased_only_once_disabled(
    officer: Someone, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["account", "close", officer.email]) == 2
    assert "staff disable" in capsys.readouterr().err
    assert erase(officer.email, "--confirm", officer.email) == 2
    assert main(["staff", "disable", officer.email]) == 0
    assert erase(officer.email, "--confirm", officer.email) == 0
    assert tables_with(stored_text(services), officer.email) == {}


@COMMANDS
def test_closed_account_is_signed_out_and_in_no_list(
    zeb: Someone,
    other: Someone,
    officer: Someone,
    http: Client,
    services: Services,
    capsys: pytest.CaptureFixture[str],
) -> None:
    case = create_case_in_assessment(zeb, officer, services)
    ok(officer.put(f"/v1/desk/cases/{case}/officer"))
    body = advice_body(zeb, "educational-advice")
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=body))
    start(zeb, add_child(zeb, last_name="Quill"))
    theirs = start(other)
    share(other, theirs, zeb)
    capsys.readouterr()
    for _ in range(2):
        assert main(["account", "close", EMAIL]) == 0
        output = capsys.readouterr().out
        assert "for Ivo Larkspur-Dunne (an officer can pass it on)" in output
        assert "for Ivo Quill (never submitted)" in output
    assert zeb.get("/v1/account").status_code == 401
    assert sign_in(http, EMAIL).status_code == 401
    sharing = ok(other.get(f"/v1/submissions/{theirs}/sharing")).json()
    assert sharing["shared_with"] == sharing["colleagues"] == []
    assert NAME not in ok(officer.get("/v1/desk/professionals", params={"find": "ada"})).text
    assert NAME not in str(ok(officer.get(f"/v1/desk/cases/{case}")).json()["professionals"])
    subjects = [row["subject"] for row in ok(officer.get("/v1/messages")).json()["rows"]]
    assert subjects.count("A professional has left") == 1
    assert "Your account was closed" in last_email(services, EMAIL)
    assert [entry.action for entry in audit_of(services)].count("account_closed") == 1


@COMMANDS
def test_export_of_an_account_has_no_secrets_and_no_children(
    full_account: Someone, officer: Someone, other_cases: int, services: Services, tmp_path: Path
) -> None:
    insert_cases(services, officer.id, other_cases)
    file = tmp_path / "zeb.zip"
    assert main(["account", "export", EMAIL, "--to", str(file)]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    with ZipFile(file) as archive:
        data = json.loads(archive.read("data.json"))
        page = archive.read("index.html").decode()
    assert data["account"][0]["phone"] == PHONE
    assert data["phrase"][0]["text"] == "phrasewords"
    assert data["identity_check"][0]["how"] == "drivinglicence"
    assert data["work_details"][0]["organisation"] == "Osierbeck Academy"
    assert {row["account_id"] for row in data["submission"]} == {str(full_account.id)}
    assert data["audit_event"]
    for hidden in ("password_hash", "app_secret", "digest", "Larkspur", "draftwords"):
        assert hidden not in json.dumps(data)
    assert EMAIL in page
    assert main(["account", "export", EMAIL, "--to", str(file)]) == 2


@COMMANDS
@pytest.mark.usefixtures("full_account")
def test_export_of_an_officer_names_nobody_whose_identity_they_checked(
    officer: Someone, tmp_path: Path
) -> None:
    file = tmp_path / "officer.zip"
    assert main(["account", "export", officer.email, "--to", str(file)]) == 0
    with ZipFile(file) as archive:
        data = json.loads(archive.read("data.json"))
    assert data["identity_check"][0]["by_id"] == str(officer.id)
    assert "drivinglicence" not in json.dumps(data)


def account_columns() -> Iterator[tuple[str, str]]:
    """Yield the table and name of each column that holds an account's id."""
    accounts = table_of(Account)
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            refers = any(key.column.table is accounts for key in column.foreign_keys)
            named = re.search(r"account|officer|_by$|^by_", column.name)
            if refers or (named and isinstance(column.type, Uuid)):
                yield table.name, column.name


def test_every_column_with_an_account_is_erased_or_kept() -> None:
    """A new column with an account's id must be decided on."""
    deleted = {(table.__tablename__, "account_id") for table in DELETED_WITH_ACCOUNT}
    kept = {(table.__tablename__, name) for table, names in KEPT_COLUMNS for name in names}
    assert set(account_columns()) == deleted | kept
    assert all(KEPT_COLUMNS.values())
