"""The real server as a service of systemd, whose part the test takes."""

import socket
import subprocess
import sys
from pathlib import Path

from tests.running import BIN, TIMEOUT_SECONDS, ServerProcess

COMMAND = str(BIN / "portal-server")
# systemd gives a service its sockets from descriptor 3 on, and names it by its process id.
PASS_SOCKET = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3);"
    "os.environ |= {'LISTEN_PID': str(os.getpid()), 'LISTEN_FDS': '1'};"
    "os.execv(sys.argv[2], sys.argv[2:])"
)


class Service(ServerProcess):
    """`portal-server serve`, started on a socket as systemd does, which it sends its state."""

    def __init__(self, folder: Path, listener: socket.socket, *, workers: int = 0) -> None:
        self._listener = listener
        self._notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notified.bind(str(folder / "notify"))
        self._notified.settimeout(TIMEOUT_SECONDS)
        super().__init__(folder, workers=workers, migrate=False)

    def launch(self) -> None:
        """Start the process without waiting for it to answer."""
        address = self._notified.getsockname()
        self.env |= {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "120000000"}
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        descriptor = self._listener.fileno()
        self.process = subprocess.Popen(
            [sys.executable, "-c", PASS_SOCKET, str(descriptor), COMMAND, *self._arguments],
            env=self.env,
            pass_fds=[descriptor],
            start_new_session=True,
        )

    def start(self) -> None:
        """Start the process and wait until it says that it is ready."""
        self.launch()
        self.wait_for("READY=1")

    def wait_for(self, state: str) -> None:
        """Wait until the service reports a state."""
        while self._notified.recv(1024).decode() != state:
            pass

    def close(self) -> None:
        """Kill the process, and remove what it reports to."""
        self.kill()
        self._notified.close()
