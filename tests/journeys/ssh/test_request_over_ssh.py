"""Journey of a request through a real sshd, with files of one folder of the remote machine."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.emails import code_in
from tests.journeys import sample_files
from tests.journeys.conftest import MailRelay
from tests.journeys.pages import SignIn, find_reference
from tests.journeys.picture import Picture
from tests.journeys.ssh.sshd import ADDRESS, Sshd
from tests.journeys.terminal import Terminal
from tests.journeys.test_request import PICTURE, TITLE, fill
from tests.parts import PASSWORD, Someone
from tests.running import ServerProcess


class NoPicture(Picture):
    """Draws nothing, as another journey does."""

    def __init__(self) -> None:
        super().__init__(TITLE, PICTURE, draw=False)

    def add(self, terminal: Terminal, caption: str, *, gone: str = "… Saving") -> None:
        pass


@pytest.fixture
def sshd(ssh_folder: Path, server: ServerProcess) -> Iterator[Sshd]:
    sshd = Sshd(ssh_folder, server.url)
    yield sshd
    sshd.stop()


@pytest.fixture
def terminal(sshd: Sshd) -> Iterator[Terminal]:
    terminal = sshd.open_terminal(ADDRESS)
    yield terminal
    if terminal.process.poll() is None:
        terminal.kill()


def put_by_sftp(sshd: Sshd, folder: Path) -> None:
    """Copy the sample documents into the account's folder, as a person would."""
    folder.mkdir()
    for write_file in (sample_files.write_pdf, sample_files.write_docx, sample_files.write_png):
        write_file(folder)
    batch = folder.with_suffix(".batch")
    batch.write_text(f"put {folder}/*\n")
    code, output = sshd.run("-b", str(batch), ADDRESS, program="sftp", files=True)
    assert code == 0, output


def test_journey_with_documents_of_the_folder_and_a_copy_saved_to_it(
    sshd: Sshd,
    terminal: Terminal,
    mail_relay: tuple[MailRelay, int],
    me: Someone,
    submission: UUID,
    tmp_path: Path,
) -> None:
    put_by_sftp(sshd, tmp_path / "documents")
    assert {file.stat().st_mode & 0o777 for file in sshd.own.iterdir()} == {0o600}
    page = SignIn(terminal)
    page.sign_in(me.email, PASSWORD)
    home = page.enter_code(code_in(mail_relay[0].pop_email(me.email, "code")))
    form = home.open_people().open_first("Larkspur-Dunne").resume()
    fill(form, sshd.own, NoPicture())
    confirmation = form.submit()
    reference = find_reference(confirmation.expect("Save a copy"))
    save_copy_to_folder_only(terminal, sshd)
    confirmation.finish()
    terminal.press("ctrl+q")
    assert terminal.close() == 0
    assert {file.name: file.stat().st_mode & 0o777 for file in sshd.own.iterdir()} == {
        "report.pdf": 0o600,
        "plan.docx": 0o600,
        "drawing.png": 0o600,
        f"portal-{reference}-version-1.pdf": 0o600,
    }


def save_copy_to_folder_only(terminal: Terminal, sshd: Sshd) -> None:
    """Try to save a copy elsewhere, then save it in the folder."""
    terminal.press("ctrl+s")
    terminal.wait_for("Save a copy of version 1", "the machine you are connected to", "Folder")
    terminal.press("ctrl+u")
    terminal.type("/tmp\r")
    terminal.wait_for("it is outside of your folder")
    terminal.press("ctrl+u")
    terminal.type(f"{sshd.own}\r")
    terminal.wait_for("✓ Saved as", "Close")
    terminal.press("enter")
    terminal.wait_for("✓ Form Submitted", gone="✓ Saved as")
