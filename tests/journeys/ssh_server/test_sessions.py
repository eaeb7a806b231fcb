"""The portal over SSH: a request with files by SFTP, and the sign-in form without a key."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil

from server.core.audit import Action
from server.core.database import Services
from server.ssh.session import FILES_GONE, FILES_LEFT
from shared.accounts import SecondStep
from tests.emails import code_in
from tests.journeys import sample_files
from tests.journeys.conftest import MailRelay
from tests.journeys.pages import SignIn
from tests.journeys.ssh_server.conftest import KeyHolder, SshServer, openssh
from tests.journeys.terminal import Terminal
from tests.parts import PASSWORD, Factory
from tests.running import BIN, ServerProcess
from tests.server.steps import audit_of, ok
from tui.session import ANOTHERS_FILES

ADDRESS = "127.0.0.2"
SUBMITTED_OVER_SSH = {Action.SSH_KEY_USED, Action.SIGNED_IN, Action.FORM_SUBMITTED}


def sftp(ssh_server: SshServer, holder: KeyHolder, folder: Path, *commands: str) -> str:
    """Run commands of OpenSSH's sftp."""
    result = subprocess.run(
        openssh("sftp", ssh_server, "-b", "-", key=holder.key),
        input="\n".join(commands),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def save_a_copy(screen: Terminal) -> None:
    """Save a copy of the document above '+ Add More' in the suggested folder."""
    screen.press(*["shift+tab"] * 4, "enter")
    screen.wait_for("Save a copy of report.pdf", "connected to", "hours")
    screen.press("enter")
    screen.wait_for("Close", gone="[ Save ]")
    screen.press("enter")
    screen.wait_for("Save a copy", gone="Close")


def test_request_is_submitted_over_ssh_with_files_by_sftp(
    terminal: Callable[..., Terminal],
    ssh_server: SshServer,
    holder: KeyHolder,
    mail_relay: tuple[MailRelay, int],
    services: Services,
    tmp_path: Path,
) -> None:
    report = sample_files.write_pdf(tmp_path)
    sftp(ssh_server, holder, tmp_path, "put report.pdf")
    assert (holder.folder / "report.pdf").stat().st_mode & 0o777 == 0o600
    screen = terminal("-b", ADDRESS, key=holder.key)
    code = code_in(mail_relay[0].pop_email(holder.someone.email, "code"))
    home = SignIn(screen).enter_code(code)
    form = home.open_people().add("Ivo", "Larkspur-Dunne", "14/03/2018").start()
    form.select_role()
    form.save_and_continue(to=2)
    form.fill_progress("01/09/2023", "Ivo reads 20 of 45 key words; 8 a year ago.")
    form.open_step(6)
    form.add_document(1, Path("report.pdf"))
    form.expect_saved("report.pdf")
    save_a_copy(screen)
    sftp(ssh_server, holder, tmp_path, 'get "report (2).pdf"')
    assert (tmp_path / "report (2).pdf").read_bytes() == report.read_bytes()
    form.open_step(7)
    form.add_contact("Dana Dunne", "0116 496 0103, after four", "01/11/2025")
    form.save_and_continue(to=8)
    form.agree()
    form.expect_saved()
    confirmation = form.submit()
    confirmation.expect()
    confirmation.finish().expect("Submitted by you on")
    screen.press("ctrl+q")
    screen.wait_for(FILES_LEFT.format(24)[:60])
    assert screen.close() == 0
    entries = [entry for entry in audit_of(services) if entry.account_id == holder.someone.id]
    addresses = {Action(entry.action): entry.address for entry in entries}
    assert {addresses[action] for action in SUBMITTED_OVER_SSH} == {ADDRESS}


def test_nobody_else_signs_in_where_the_files_of_a_key_are(
    terminal: Callable[..., Terminal], holder: KeyHolder, someone: Factory
) -> None:
    thief = someone("thief@osierbeck.example", two_step=SecondStep.NONE)
    screen = terminal(key=holder.key)
    screen.wait_for("Enter your verification code")
    screen.press(*["tab"] * 2, "enter")
    SignIn(screen).sign_in(thief.email, PASSWORD)
    screen.wait_for(ANOTHERS_FILES[-40:])
    assert screen.close() == 2
    assert len(ok(thief.get("/v1/sessions")).json()) == 1


def test_without_a_key_the_sign_in_form_opens_and_files_go_with_the_session(
    terminal: Callable[..., Terminal], ssh_server: SshServer, holder: KeyHolder
) -> None:
    screen = terminal()
    SignIn(screen).sign_in(holder.someone.email, PASSWORD)
    screen.wait_for("Enter your verification code")
    assert len(list((ssh_server.folder / "visitors").iterdir())) == 1
    screen.press("ctrl+q")
    screen.wait_for(FILES_GONE[:60])
    assert screen.close() == 0
    assert list((ssh_server.folder / "visitors").iterdir()) == []


def test_client_has_a_clean_environment_and_ends_with_the_connection(
    terminal: Callable[..., Terminal], ssh_server: SshServer, holder: KeyHolder
) -> None:
    sent = {"PYTHONSTARTUP": "/tmp/x", "LD_PRELOAD": "/tmp/x", "PATH": "/tmp", "LANG": "$(id)"}
    options = [f"-oSetEnv={' '.join(f'{name}={value}' for name, value in sent.items())}"]
    screen = terminal(*options, "-oSendEnv=NO_COLOR", key=holder.key)
    screen.wait_for("Enter your verification code")
    [client] = ssh_server.clients()
    assert client.environ() == {"TERM": "xterm-256color", "LANG": "C.UTF-8", "NO_COLOR": "1"}
    assert "--restricted" in client.cmdline()
    assert max(map(len, client.cmdline())) < 200
    assert client.rlimit(psutil.RLIMIT_AS)[1] == 1024 * 1024 * 1024
    assert client.rlimit(psutil.RLIMIT_NOFILE)[1] == 256
    assert not client.children()
    screen.kill()
    assert psutil.wait_procs([client], timeout=30)[1] == []


def test_host_key_is_made_once_and_private(ssh_server: SshServer, server: ServerProcess) -> None:
    command = [str(BIN / "portal-server"), "ssh", "--fingerprints"]
    output = subprocess.run(command, env=ssh_server.env, capture_output=True, text=True, check=True)
    assert output.stdout == ssh_server.first_line
    assert output.stdout.startswith("Host key: SHA256:")
    key = ssh_server.folder / "host_key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    refused = subprocess.run(
        command, env=ssh_server.env, capture_output=True, text=True, check=False
    )
    key.chmod(0o600)
    assert (refused.returncode, "chmod 600" in refused.stderr) == (2, True)
