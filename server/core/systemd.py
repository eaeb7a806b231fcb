"""What systemd passes to a service and is told by it: sd_listen_fds(3) and sd_notify(3)."""

import faulthandler
import os
import socket
import sys
from contextlib import suppress
from multiprocessing import parent_process
from time import monotonic

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

FIRST_SOCKET = 3
NOTIFY_SECONDS = 1.0
REPORT_SECONDS = 10.0


def serve(config: uvicorn.Config) -> None:
    """Serve until SIGTERM or SIGINT, on systemd's sockets if it passed any."""
    sockets = inherited_sockets()
    if config.workers > 1:
        ServiceWorkers(config, sockets or [config.bind_socket()]).run()
        return
    process = ServiceProcess(config)
    with suppress(KeyboardInterrupt):
        process.run(sockets or None)
    if not process.started:
        sys.exit(STARTUP_FAILURE)


def has_inherited_sockets() -> bool:
    """Whether systemd passed listening sockets to this process."""
    return os.environ.get("LISTEN_PID") == str(os.getpid())


def inherited_sockets() -> list[socket.socket]:
    """Return the listening sockets of the service's socket unit, if systemd passed any."""
    if not has_inherited_sockets():
        return []
    count = int(os.environ.get("LISTEN_FDS", "0"))
    sockets = [socket.socket(fileno=FIRST_SOCKET + index) for index in range(count)]
    for listener in sockets:
        listener.set_inheritable(False)
    return sockets


def notify(state: str) -> None:
    """Report a state such as READY=1, if systemd waits for it; only the main process may."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address or parent_process() is not None:
        return
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, suppress(OSError):
        sender.settimeout(NOTIFY_SECONDS)
        sender.connect(address)
        sender.send(state.encode())


def report_alive() -> None:
    """Postpone the watchdog: systemd's or, in a worker, one that ends it with its stack.

    A worker that hangs is ended in half the time, so that the main process can replace it.
    """
    interval = os.environ.get("WATCHDOG_USEC")
    if not interval:
        return
    if parent_process() is None:
        notify("WATCHDOG=1")
    else:
        faulthandler.dump_traceback_later(int(interval) / 2_000_000, exit=True)


class ServiceProcess(uvicorn.Server):
    """uvicorn's server in a single process, which reports its state."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve, and report it."""
        await super().startup(sockets)
        notify("READY=1")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish the requests in progress."""
        notify("STOPPING=1")
        await super().shutdown(sockets)


class ServiceWorkers(Multiprocess):
    """uvicorn's main process of several workers, which reports their state."""

    _is_ready = False
    _next_report = 0.0

    def keep_subprocess_alive(self) -> None:
        """Replace workers that ended, and report the others; called twice a second."""
        super().keep_subprocess_alive()
        if not self._is_ready:
            self._is_ready = all(worker.is_ready() for worker in self.processes)
            if self._is_ready:
                notify("READY=1")
        if monotonic() >= self._next_report:
            self._next_report = monotonic() + REPORT_SECONDS
            report_alive()

    def terminate_all(self) -> None:
        """Tell the workers to finish the requests in progress."""
        notify("STOPPING=1")
        super().terminate_all()
