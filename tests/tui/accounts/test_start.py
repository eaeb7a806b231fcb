"""The sign-in screen before the server replies, and without a server."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
from textual.widgets import Input

from tests.tui.conftest import SERVER
from tests.tui.steps import screen_text, text_of, until
from tui.app import PortalApp
from tui.core.client import Client
from tui.core.settings import Settings

WELCOME = "Welcome to the Osierbeck Professional Portal"
INFO = {
    "council": "Osierbeck Council",
    "portal_name": "Osierbeck",
    "welcome": "Complete and submit advice.",
    "contact_email": "help@osierbeck.example",
    "contact_staff": "Call the desk.",
    "data_notice": "We use it.",
    "version": "1",
    "oldest_client": "0",
    "demo": False,
}
PAINT_SCRIPT = """
import sys
from tui.accounts.sign_in import SignIn
from tui.app import PortalApp
from tui.core.settings import Settings
from tui.session import Session

HEAVY = [
    "httpx", "pydantic", "keyring", "shared.accounts", "stamina", "cryptography",
    "tomllib", "textual.widgets._text_area",
]

def report_imports():
    print("found", [name for name in HEAVY if name in sys.modules])
    app.exit()

SignIn._request_info = lambda screen: report_imports()  # Called once the form is painted.

async def do_nothing(app):
    pass

Session._resume = do_nothing
app = PortalApp(Settings())
app.run(headless=True)
"""

SCREENS_SCRIPT = """
import asyncio, sys
from importlib import import_module
from pathlib import Path
from tui.core.client import Client
from tui.core.keychain import Keychain
from tui.places import SCREENS
from tui.saving.journal import Journal

async def use_client():
    await Journal(Path("/nowhere"), Keychain("http://portal.example")).open()
    client = Client("http://portal.example")
    client._http
    await client.close()

for screen in SCREENS.values():
    import_module(screen.module)
asyncio.run(use_client())
HEAVY = [
    "click", "trio", "cryptography", "holidays", "segno", "diff_match_patch", "pygments",
    "rich.progress", "rich.markdown", "rich.traceback", "yaml", "multiprocessing", "xml.etree",
]
print("found", [name for name in HEAVY if name in sys.modules])
"""

CRASH_SCRIPT = """
import sys
from tui.accounts.sign_in import SignIn
from tui.app import PortalApp
from tui.core.settings import Settings

def crash(screen):
    secret = "seven wrens"
    raise RuntimeError(secret + " over a hollow")

SignIn._request_info = crash
app = PortalApp(Settings())
app.run(headless=True)
sys.exit(app.return_code)
"""


def make_app(transport: httpx.MockTransport, state: Path) -> PortalApp:
    client = Client(SERVER, transport=transport)
    return PortalApp(Settings(server=SERVER, state=state), client=client)


def test_form_is_painted_before_network_modules_are_imported() -> None:
    result = subprocess.run(
        [sys.executable, "-c", PAINT_SCRIPT], capture_output=True, text=True, timeout=60
    )
    assert "found []" in result.stdout, result.stdout + result.stderr


def test_screens_and_client_import_only_what_they_show() -> None:
    environment = os.environ | {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    result = subprocess.run(
        [sys.executable, "-c", SCREENS_SCRIPT],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
    )
    assert "found []" in result.stdout, result.stdout + result.stderr


async def test_unreachable_server_is_reported_and_retried(tmp_path: Path) -> None:
    is_down = True

    def handle(request: httpx.Request) -> httpx.Response:
        if is_down:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, json=INFO)

    app = make_app(httpx.MockTransport(handle), tmp_path)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "can't be reached just now" in screen_text(app.screen))
        app.screen.query_one("#field-email Input", Input).value = "senco@osierbeck.example"
        is_down = False
        await until(pilot, lambda: WELCOME in screen_text(app.screen))
        assert "can't be reached" not in screen_text(app.screen)
        assert app.screen.query_one("#field-email Input", Input).value == "senco@osierbeck.example"


async def test_server_that_is_not_a_portal_is_reported(tmp_path: Path) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, html="<p>A shop</p>"))
    app = make_app(transport, tmp_path)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "not as a Professional Portal" in text_of(pilot, "#server"))


async def test_outdated_client_shows_message_from_server(tmp_path: Path) -> None:
    problem = {
        "title": "Old",
        "status": 426,
        "code": "old_client",
        "detail": "Update the portal: this version is not served any more.",
    }
    transport = httpx.MockTransport(lambda request: httpx.Response(426, json=problem))
    app = make_app(transport, tmp_path)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "Update the portal" in text_of(pilot, "#server"))


async def test_all_links_are_visible_at_60_columns(tmp_path: Path) -> None:
    app = make_app(httpx.MockTransport(lambda request: httpx.Response(200, json=INFO)), tmp_path)
    async with app.run_test(size=(60, 24)) as pilot:
        await until(pilot, lambda: WELCOME in " ".join(screen_text(app.screen).split()))
        for link in ("Forgot your password?", "Activate an account", "Help"):
            assert any(line.strip() == link for line in screen_text(app.screen).splitlines())
        await pilot.resize_terminal(80, 24)
        row = "[ Sign in ]   Forgot your password?   Activate an account   Help"
        await until(pilot, lambda: row in screen_text(app.screen))


async def test_mailbox_exists_only_in_the_demo(tmp_path: Path) -> None:
    app = make_app(httpx.MockTransport(lambda request: httpx.Response(200, json=INFO)), tmp_path)
    async with app.run_test() as pilot:
        await until(pilot, lambda: WELCOME in screen_text(app.screen))
        assert "mailbox" not in screen_text(app.screen)
        await pilot.press("f4")
        assert type(app.screen).__name__ == "SignIn"


async def test_demo_account_fills_in_the_form(tmp_path: Path) -> None:
    account = {
        "name": "Ada Wren",
        "role": "SENCO",
        "email": "ada@osierbeck.example",
        "password": "p",
    }
    demo = INFO | {"demo": True, "demo_accounts": [account]}

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/demo/mailbox":
            mail = {
                "to": account["email"],
                "subject": "Your verification code",
                "body": "Your code is 123456.",
                "sent_at": "2026-03-02T10:42:00Z",
            }
            return httpx.Response(200, json=[mail])
        return httpx.Response(200, json=demo)

    app = make_app(httpx.MockTransport(handle), tmp_path)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "Ada Wren · SENCO" in screen_text(app.screen))
        app.screen.query_one(".demo-account").focus()
        await pilot.press("enter")
        email = app.screen.query_one("#field-email Input", Input)
        assert email.value == "ada@osierbeck.example"
        await pilot.press("f4")
        await until(pilot, lambda: "Your code is 123456." in screen_text(app.screen))
        await pilot.press("enter")
        email.focus()
        email.value = ""
        await pilot.press("ctrl+v")
        await until(pilot, lambda: email.value == "123456")


async def test_mailbox_starts_at_the_users_newest_email(tmp_path: Path) -> None:
    def mail(minute: int, to: str, body: str, *, yours: bool = False) -> dict[str, str | bool]:
        sent_at = f"2026-03-02T10:{minute}:00Z"
        return {"to": to, "subject": "Mail", "body": body, "sent_at": sent_at, "yours": yours}

    emails = [
        mail(44, "ep@leicester.example", "A reminder."),
        mail(43, "ada@osierbeck.example", "Your code is 222222.", yours=True),
        mail(42, "ada@osierbeck.example", "Your code is 111111.", yours=True),
    ]

    def handle(request: httpx.Request) -> httpx.Response:
        is_mailbox = request.url.path == "/v1/demo/mailbox"
        return httpx.Response(200, json=emails if is_mailbox else INFO | {"demo": True})

    app = make_app(httpx.MockTransport(handle), tmp_path)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "F4 mailbox" in screen_text(app.screen))
        await pilot.press("f4")
        await until(pilot, lambda: "Your code is 222222." in screen_text(app.screen))
        emails.insert(0, mail(45, "ada@osierbeck.example", "Your code is 333333.", yours=True))
        await until(pilot, lambda: "Your code is 333333." in screen_text(app.screen))
        await pilot.press("enter")
        assert app.clipboard == "333333"


async def test_mailbox_keeps_the_selected_email(tmp_path: Path) -> None:
    emails: list[dict[str, str]] = []

    def add_email(number: int) -> None:
        emails.insert(
            0,
            {
                "to": "ada@osierbeck.example",
                "subject": "Your verification code",
                "body": f"Your code is number {number}.",
                "sent_at": f"2026-03-02T10:4{number}:00Z",
            },
        )

    def handle(request: httpx.Request) -> httpx.Response:
        is_mailbox = request.url.path == "/v1/demo/mailbox"
        return httpx.Response(200, json=emails if is_mailbox else INFO | {"demo": True})

    for number in range(3):
        add_email(number)
    app = make_app(httpx.MockTransport(handle), tmp_path)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "F4 mailbox" in screen_text(app.screen))
        await pilot.press("f4")
        await until(pilot, lambda: "number 2" in screen_text(app.screen))
        await pilot.press("down")
        await until(pilot, lambda: "number 1" in screen_text(app.screen))
        add_email(3)
        await until(pilot, lambda: "10:43" in screen_text(app.screen))
        await pilot.press("up")
        await until(pilot, lambda: "number 2" in screen_text(app.screen))


def test_crash_message_contains_no_user_data() -> None:
    result = subprocess.run(
        [sys.executable, "-c", CRASH_SCRIPT], capture_output=True, text=True, timeout=60
    )
    output = " ".join((result.stdout + result.stderr).split())
    assert "made a mistake and had to end. What it called saved is kept" in output
    assert "RuntimeError at " in output
    assert "wrens" not in output
    assert "Traceback" not in output
    assert result.returncode == 1
