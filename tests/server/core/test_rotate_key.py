"""The secret key is checked at start, and can be changed without losing anything."""

from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
from anyio.from_thread import BlockingPortal
from cryptography.fernet import InvalidToken
from httpx import Client
from pydantic import SecretStr

from server import cli
from server.accounts.tables import Account, RecoveryCode
from server.app import create_app, open_services
from server.commands import rotate_key
from server.core.audit import Action
from server.core.database import Services
from server.core.keys import Keys, Purpose
from server.core.outbox import OutboxMail, post_mail
from server.core.secret_key import SecretKey
from server.core.settings import Settings
from shared.accounts import SecondStep
from shared.forms.receipts import ReceiptKey, check_signature, extract_receipt
from tests.emails import emails_to
from tests.parts import SECRET, Clock, Factory, Someone, open_client
from tests.server.accounts.steps import auth_header, emailed_token, registration, sign_in
from tests.server.audit.steps import add_entries, seal
from tests.server.steps import audit_of, ok, rows, submission_path, submit_request

NEW_SECRET = "another secret of the tests, long enough to be one"
OTHER_SECRET = "a secret that was never used, long enough to be one"

pytestmark = pytest.mark.usefixtures("command")

Serve = Callable[..., Client]


@pytest.fixture
def serve(settings: Settings, clock: Clock, loop: BlockingPortal) -> Serve:
    """Start a server with a secret, and perhaps an old one, on the test's database."""

    def start(secret: str, old: str | None = None) -> Client:
        keys = {"secret_key": SecretStr(secret), "secret_key_old": old and SecretStr(old)}
        services = open_services(settings.model_copy(update=keys), clock=clock)
        return open_client(create_app(services), loop)

    return start


@pytest.fixture
def rotated(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run the command with the new secret, and the old one as the setting by default."""

    def run(*options: str, old: str | None = SECRET) -> int:
        monkeypatch.setenv("PORTAL_SECRET_KEY", NEW_SECRET)
        monkeypatch.delenv("PORTAL_SECRET_KEY_OLD", raising=False)
        if old:
            monkeypatch.setenv("PORTAL_SECRET_KEY_OLD", old)
        return cli.main(["rotate-key", *options])

    return run


Rotate = Callable[..., int]


def store_key() -> None:
    assert cli.main(["migrate"]) == 0


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_server_refuses_to_start_with_another_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store_key()
    monkeypatch.setenv("PORTAL_SECRET_KEY", OTHER_SECRET)
    assert cli.main(["serve"]) == cli.EXIT_FAILURE
    error = capsys.readouterr().err
    assert "PORTAL_SECRET_KEY: this is not the key" in error
    assert "rotate-key" in error
    monkeypatch.setenv("PORTAL_SECRET_KEY_OLD", NEW_SECRET)
    assert cli.main(["serve"]) == cli.EXIT_FAILURE


def test_secrets_and_mails_are_encrypted_with_the_new_key(
    someone: Factory, services: Services, rotated: Rotate, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_key()
    monkeypatch.setattr(rotate_key, "BATCH", 2)
    owners = [someone(f"{name}@osierbeck.example", two_step=SecondStep.NONE) for name in "abc"]
    with services.transaction() as tx:
        for owner in owners:
            row = tx.session.get_one(Account, owner.id)
            row.app_secret = services.keys.encrypt(Purpose.APP_SECRET, owner.email)
            row.app_pending = services.keys.encrypt(Purpose.APP_SECRET, "pending")
            tx.session.add(row)
            post_mail(tx, to=owner.email, subject="Hello", body=f"To {owner.email}")
    assert rotated() == 0
    new = Keys(NEW_SECRET)
    for row in rows(services, Account):
        assert new.decrypt(Purpose.APP_SECRET, row.app_secret or "") == row.email
        assert new.decrypt(Purpose.APP_SECRET, row.app_pending or "") == "pending"
    mails = rows(services, OutboxMail)
    assert {new.decrypt(Purpose.MAIL, mail.body) for mail in mails} == {
        f"To {owner.email}" for owner in owners
    }
    assert Action.SECRET_KEY_CHANGED in {entry.action for entry in audit_of(services)}
    assert rotated() == 0  # again, for what servers wrote in the meantime
    assert len(rows(services, OutboxMail)) == 3


def test_sessions_links_and_devices_work_while_both_keys_are_set(
    http: Client, someone: Factory, services: Services, rotated: Rotate, serve: Serve
) -> None:
    store_key()
    me = someone(two_step=SecondStep.NONE)
    ok(http.post("/v1/registrations", json=registration()))
    link = emailed_token(services, registration()["email"])
    # Restarted before the change, a server still writes what the others can read.
    early = serve(NEW_SECRET, SECRET)
    token = ok(sign_in(early, me.email)).json()["token"]
    ok(http.get("/v1/account", headers=auth_header(token)))
    assert rotated() == 0
    late = serve(NEW_SECRET, SECRET)
    for session in (me.token, token):
        ok(late.get("/v1/account", headers=auth_header(session)))
        ok(early.get("/v1/account", headers=auth_header(session)))
    ok(late.post("/v1/activations", json={"token": link}))
    new_token = ok(sign_in(late, me.email)).json()["token"]
    ok(early.get("/v1/account", headers=auth_header(new_token)))
    alone = serve(NEW_SECRET)
    ok(alone.get("/v1/account", headers=auth_header(new_token)))
    assert alone.get("/v1/account", headers=auth_header(me.token)).status_code == 401


def test_app_codes_work_with_the_new_key_alone(
    someone: Factory, clock: Clock, rotated: Rotate, serve: Serve
) -> None:
    store_key()
    owner = someone(two_step=SecondStep.NONE)
    secret = ok(owner.post("/v1/account/second-step/app")).json()["secret"]
    body = {"method": "app", "code": pyotp.TOTP(secret).at(clock.now)}
    ok(owner.put("/v1/account/second-step", json=body))
    assert rotated() == 0
    clock.move(minutes=2)
    alone = serve(NEW_SECRET)
    token = ok(sign_in(alone, owner.email)).json()["token"]
    code = {"code": pyotp.TOTP(secret).at(clock.now)}
    ok(alone.post("/v1/session/code", json=code, headers=auth_header(token)))


def test_owners_are_told_that_recovery_codes_end(
    someone: Factory, services: Services, rotated: Rotate
) -> None:
    store_key()
    owner = someone()
    ok(owner.post("/v1/account/recovery-codes"))
    assert rotated() == 0
    assert not rows(services, RecoveryCode)
    [mail] = emails_to(services, owner.email)
    assert "recovery codes have ended" in mail.subject
    assert "My Account" in Keys(NEW_SECRET).decrypt(Purpose.MAIL, mail.body)
    ok(owner.post("/v1/account/recovery-codes"))
    assert rotated() == 0
    assert rows(services, RecoveryCode)


def test_receipt_made_before_the_change_still_verifies(
    me: Someone, rotated: Rotate, serve: Serve
) -> None:
    store_key()
    path = f"{submission_path(submit_request(me))}/copy"
    content = ok(me.get(path, params={"kind": "text"})).content
    receipt = extract_receipt(content)
    assert rotated() == 0
    alone = serve(NEW_SECRET)
    reply = ok(alone.get("/v1/receipts/key", params={"id": receipt.key}))
    check_signature(receipt, ReceiptKey.model_validate(reply.json()))
    page = ok(alone.post("/receipt", data={"receipt": receipt.block()}))
    assert receipt.reference in page.text
    current = ReceiptKey.model_validate(ok(alone.get("/v1/receipts/key")).json())
    assert current.key != receipt.key


def test_heads_of_the_audit_log_signed_before_the_change_still_verify(
    services: Services,
    clock: Clock,
    loop: BlockingPortal,
    rotated: Rotate,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store_key()
    add_entries(services)
    seal(services, clock, loop)
    assert rotated() == 0
    monkeypatch.delenv("PORTAL_SECRET_KEY_OLD")
    assert cli.main(["audit", "verify"]) == 0
    with services.transaction() as tx:
        tx.session.get_one(SecretKey, Keys(SECRET).check).audit_key_signature = ""
    capsys.readouterr()
    assert cli.main(["audit", "verify"]) == cli.EXIT_FAILURE
    assert "is not signed with the portal's key" in capsys.readouterr().err


def test_old_key_can_be_in_a_file(
    services: Services, rotated: Rotate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store_key()
    assert rotated(old=None) == cli.EXIT_FAILURE
    assert "PORTAL_SECRET_KEY_OLD" in capsys.readouterr().err
    file = tmp_path / "old-key"
    file.write_text(OTHER_SECRET)
    assert rotated("--old-file", str(file), old=None) == cli.EXIT_FAILURE
    file.write_text(f"{SECRET}\n")
    assert rotated("--old-file", str(file), old=None) == 0
    checks = {key.check: key.replaced_at is None for key in rows(services, SecretKey)}
    assert checks == {Keys(SECRET).check: False, Keys(NEW_SECRET).check: True}


def test_lost_key_gives_up_what_only_it_could_read(
    someone: Factory, services: Services, rotated: Rotate, serve: Serve
) -> None:
    store_key()
    owner = someone(two_step=SecondStep.APP)
    with services.transaction() as tx:
        post_mail(tx, to=owner.email, subject="Hello", body="Hello")
    assert rotated("--lost", old=None) == 0
    [mail] = rows(services, OutboxMail)
    assert mail.given_up_at is not None
    assert ok(sign_in(serve(NEW_SECRET), owner.email)).json()["second_step"] == "none"
    assert rotated("--lost", old=None) == cli.EXIT_FAILURE


def test_nothing_is_encrypted_twice_or_lost_if_a_key_is_unknown(
    someone: Factory, services: Services, rotated: Rotate, capsys: pytest.CaptureFixture[str]
) -> None:
    store_key()
    owner = someone(two_step=SecondStep.NONE)
    secret = Keys(OTHER_SECRET).encrypt(Purpose.APP_SECRET, "x")
    with services.transaction() as tx:
        tx.session.get_one(Account, owner.id).app_secret = secret
    assert rotated() == 0
    assert "neither key can read, left as they are: 1" in capsys.readouterr().out
    [row] = rows(services, Account)
    assert row.app_secret == secret
    with pytest.raises(InvalidToken):
        Keys(NEW_SECRET, SECRET).decrypt(Purpose.APP_SECRET, secret)
