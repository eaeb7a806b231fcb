"""The SSH keys section of My Account: keys that replace the password over SSH."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from shared.ssh_keys import SshKeyRow
from shared.values.days import format_datetime
from tui.accounts import api
from tui.accounts.account_screen import require_answers
from tui.accounts.section import Section
from tui.widgets.dialog import Action
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput

EXPLANATION = (
    "You can use the portal over SSH, without installing it:\n\n    {command}\n\nWith a key you "
    "need no password there, only your verification code, and you can put and fetch files with "
    "sftp."
)
ADDED = "The key is added. We have sent you an email about it."
REMOVED = "The key is removed."


def ssh_command(address: str) -> str:
    """Return the command that connects to an address, which may end in a port."""
    host, _, port = address.rpartition(":")
    return f"ssh -p {port} portal@{host}" if host and port.isdecimal() else f"ssh portal@{address}"


class KeyCard(Vertical):
    """A card for one key."""

    def __init__(self, row: SshKeyRow) -> None:
        super().__init__(classes="card")
        self.row = row

    def compose(self) -> ComposeResult:
        """Lay out the key's details."""
        row = self.row
        used = format_datetime(row.last_used_at) if row.last_used_at else "never"
        yield Static(
            f"{row.name or 'A key without a name'} · {row.kind}\n{row.fingerprint}\n"
            f"Added {format_datetime(row.added_at)} · Last used {used}",
            markup=False,
        )
        yield Link("Remove", classes="remove-key")


class SshKeysSection(Section):
    """Lists the keys; a key is added by pasting the line of its public file."""

    SAVES = True

    def __init__(self, address: str) -> None:
        super().__init__(id="ssh-keys")
        self._address = address

    def compose(self) -> ComposeResult:
        """Lay out the explanation, the field and the list."""
        yield ErrorSummary()
        yield Static(
            EXPLANATION.format(command=ssh_command(self._address)), classes="notice", markup=False
        )
        yield Field(
            "line",
            "Public key",
            LineInput(max_length=4000, compact=True),
            required=True,
            help_text="Paste the line of the file that ends in .pub, such as "
            "~/.ssh/id_ed25519.pub. It begins with ssh-ed25519 or similar. If you have none, make "
            "one with: ssh-keygen -t ed25519",
        )
        yield Action("Add the key", id="add-key")
        yield Static("", id="no-keys", classes="notice", markup=False)
        yield Vertical(id="rows")

    async def refresh_section(self) -> None:
        """Reload the list."""
        rows = await api.list_ssh_keys(self.portal.client)
        self.query_one("#no-keys", Static).update("" if rows else "You have no keys.")
        container = self.query_one("#rows")
        await container.remove_children()
        await container.mount_all([KeyCard(row) for row in rows])

    @on(Action.Pressed, "#add-key")
    def save(self) -> None:
        """Add the key that was pasted."""
        field = self.query_one("#field-line", Field)
        field.show_error("")
        errors = require_answers([field])
        self.show_errors(errors)
        if not errors:
            self.send(self._add(field.value.strip()))

    async def _add(self, line: str) -> None:
        await api.add_ssh_key(self.portal.client, line)
        control = self.query_one("#field-line", Field).control
        assert isinstance(control, LineInput)  # noqa: S101 - composed above
        control.value = ""
        self.notify(ADDED, markup=False)
        await self.refresh_section()

    @on(Link.Chosen, ".remove-key")
    def _on_remove(self, event: Link.Chosen) -> None:
        event.stop()
        self.call(self._remove(event.link.query_ancestor(KeyCard).row))

    async def _remove(self, row: SshKeyRow) -> None:
        await api.remove_ssh_key(self.portal.client, row.id)
        self.notify(REMOVED, markup=False)
        await self.refresh_section()
        self.focus_first()
