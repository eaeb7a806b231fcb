"""The demo server, on a free port, until its parent process ends."""

import secrets
import socket
import sys
import tempfile
import threading
from pathlib import Path

import uvicorn
from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from server.app import create_app, open_services
from server.core import migrate
from server.core.letters import LetterSettings
from server.core.logs import configure_logging
from server.core.settings import Settings, explaining_errors
from server.demo.accounts import demo_accounts
from server.demo.cases import fill_database

HOST = "127.0.0.1"
LETTERS = LetterSettings(
    address="City Hall, 115 Osier Street, Leicester, LE1 9XX",
    phone="0116 496 0100",
    mediation_adviser="Middle Ground Mediation",
    mediation_contact="0116 496 0110, help@middleground.example",
    disagreement_resolution="Osier Resolution Service",
    disagreement_contact="0116 496 0120, talk@osier-resolution.example",
    information_service="Leicester SENDIASS",
    information_contact="0116 496 0130, advice@sendiass.example",
    tribunal="SEND Tribunal, 1 Example Street, Exampletown, EX1 1EX, send@tribunal.example",
    appeal_form="fill in form SEND35, at tribunal.example/send",
    schools="families.leicester.example/schools",
    commissioning_body="Leicester Integrated Care Board",
    social_care="Children’s Social Care, Disabled Children’s Service",
)
"""Made-up contacts in the demo's letters."""


class DemoSettings(Settings):
    """The demo's settings, which the machine's settings file does not change."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources of settings, the one that counts most first."""
        return init_settings, env_settings


class DemoServer(uvicorn.Server):
    """A server that prints its address once it is ready, and exits when stdin closes."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print READY and the address."""
        await super().startup(sockets)
        print("READY", self._url, flush=True)
        threading.Thread(target=self._exit_when_input_closes, daemon=True).start()

    def _exit_when_input_closes(self) -> None:
        while sys.stdin.read(1024):
            pass
        self.should_exit = True


def run() -> None:
    """Serve the demo until stdin closes; its data is then deleted. Raises InvalidSettings."""
    with tempfile.TemporaryDirectory(prefix="portal-demo-") as folder, socket.socket() as listener:
        listener.bind((HOST, 0))
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        with explaining_errors():
            settings = DemoSettings(
                secret_key=SecretStr(secrets.token_urlsafe(48)),
                secret_key_old=None,
                data=Path(folder),
                database_url="",
                documents_url="",
                mail="smtp",
                mail_host="",
                clamd="",
                unscanned="accept",
                letters=LETTERS,
                public_url=url,
            )
        configure_logging(settings.log)
        services = open_services(settings)
        migrate.upgrade(services.engine)
        fill_database(services)
        app = create_app(services, demo_accounts=demo_accounts())
        config = uvicorn.Config(
            app, log_level="warning", timeout_graceful_shutdown=3, proxy_headers=False
        )
        DemoServer(config, url).run([listener])
