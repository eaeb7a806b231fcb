"""The SSH keys section of My Account."""

import pytest

from server.core.settings import Settings
from tests.parts import Factory
from tests.server.accounts.test_ssh_keys import new_line
from tests.tui.accounts.filling import choose, error_at, fill
from tests.tui.conftest import AppFactory
from tests.tui.steps import go_to, screen_text, until
from tui.accounts.ssh_keys import ssh_command


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"ssh_address": "portal.example:8022"})


async def test_key_is_added_shown_and_removed(portal: AppFactory, someone: Factory) -> None:
    me = someone()
    app = portal(me)
    async with app.run_test(size=(80, 40)) as pilot:
        await until(pilot, lambda: app.info is not None)
        await go_to(pilot, "account/ssh-keys", "You have no keys.")
        assert "ssh -p 8022 portal@portal.example" in screen_text(app.screen)
        await pilot.press("ctrl+s")
        assert error_at(pilot, "line")
        await fill(pilot, line="jo@laptop")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "This is not a public key" in error_at(pilot, "line"))
        await fill(pilot, line=new_line("jo@laptop"))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "jo@laptop · ssh-ed25519" in screen_text(app.screen))
        [key] = me.get("/v1/account/ssh-keys").json()
        assert key["fingerprint"] in screen_text(app.screen)
        assert "Last used never" in screen_text(app.screen)
        await choose(pilot, ".remove-key")
        await until(pilot, lambda: "You have no keys." in screen_text(app.screen))
        assert me.get("/v1/account/ssh-keys").json() == []


def test_command_names_the_port_only_if_there_is_one() -> None:
    assert ssh_command("portal.example") == "ssh portal@portal.example"
    assert ssh_command("portal.example:8022") == "ssh -p 8022 portal@portal.example"
