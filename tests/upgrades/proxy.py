"""Caddy in front of the servers, with the options of deploy/caddy, and a list that changes."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.many.balancers import wait_for
from tests.running import TIMEOUT_SECONDS, find_free_port

CADDYFILE = """
{{
    admin unix/{socket}
    auto_https off
}}
http://127.0.0.1:{port} {{
    reverse_proxy {servers} {{
        lb_policy least_conn
        lb_try_duration 10s
        fail_duration 5s
    }}
}}
"""


class Proxy:
    """Caddy, which sends each request to one of the servers on its list."""

    def __init__(self, folder: Path) -> None:
        self._port = find_free_port()
        self._socket = folder / "caddy.sock"
        self._config = folder / "Caddyfile"
        self._env = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        self.url = f"http://127.0.0.1:{self._port}"

    def write_list(self, ports: Sequence[int]) -> None:
        """Write the configuration with servers on these ports."""
        servers = " ".join(f"127.0.0.1:{port}" for port in ports)
        text = CADDYFILE.format(socket=self._socket, port=self._port, servers=servers)
        self._config.write_text(text)

    def reload(self, ports: Sequence[int]) -> None:
        """Send requests to servers on these ports from now on."""
        self.write_list(ports)
        address = f"--address=unix/{self._socket}"
        command = [*self._command("reload"), address]
        subprocess.run(command, env=self._env, capture_output=True, check=True)

    @contextmanager
    def run(self, log: Path) -> Iterator[None]:
        """Run Caddy, which logs to a file."""
        with log.open("wb") as file:
            process = subprocess.Popen(
                self._command("run"), env=self._env, stderr=file, start_new_session=True
            )
            try:
                wait_for(self.url, process)
                yield
            finally:
                process.terminate()
                process.wait(TIMEOUT_SECONDS)

    def _command(self, verb: str) -> list[str]:
        return ["caddy", verb, "--config", str(self._config), "--adapter", "caddyfile"]
