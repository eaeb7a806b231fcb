"""Running the demo on a free port, until the process that started it ends."""

import secrets
import socket
import sys
import tempfile
import threading
from pathlib import Path

import uvicorn
from pydantic import SecretStr

from server.app import create_app, open_services
from server.core import migrate
from server.core.settings import Settings
from server.demo.accounts import demo_accounts
from server.demo.cases import fill

HOST = "127.0.0.1"


class DemoServer(uvicorn.Server):
    """Says where it is once it answers, and ends when its input closes."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say READY and the address on the output."""
        await super().startup(sockets)
        print("READY", self._url, flush=True)
        threading.Thread(target=self._end_with_input, daemon=True).start()

    def _end_with_input(self) -> None:
        while sys.stdin.read(1024):
            pass
        self.should_exit = True


def run() -> None:
    """Serve the demo until its input closes; what it kept goes with it."""
    with tempfile.TemporaryDirectory(prefix="portal-demo-") as folder, socket.socket() as listening:
        listening.bind((HOST, 0))
        url = f"http://{HOST}:{listening.getsockname()[1]}"
        settings = Settings(
            secret_key=SecretStr(secrets.token_urlsafe(48)),
            data=Path(folder),
            database_url="",
            documents_url="",
            mail_host="",
            public_url=url,
        )
        services = open_services(settings)
        migrate.upgrade(services.engine)
        fill(services)
        app = create_app(services, demo_accounts=demo_accounts())
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)
        DemoServer(config, url).run([listening])
