"""The client as a process of its own, in a pseudo-terminal that a channel is connected to."""

import asyncio
import fcntl
import os
import pty
import re
import struct
import sys
import termios
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

import asyncssh

from server.core.settings import Settings

CHUNK_BYTES = 64 * 1024
END_SECONDS = 12
"""Seconds from a hang-up to a kill; the client ends itself within 10."""
DEFAULT_SIZE = (80, 24)
MAX_SIZE = (500, 200)
DEFAULT_TERM, DEFAULT_LANG = "xterm-256color", "C.UTF-8"
VARIABLES = {
    "COLORTERM": re.compile(r"truecolor|24bit"),
    "LANG": re.compile(r"[a-z]{2,3}_[A-Z]{2}\.(UTF-8|utf8)|C\.UTF-8"),
    "NO_COLOR": re.compile(r"[!-~]{1,20}"),
}
"""The variables that the person may set, and their values."""
TERM = re.compile(r"[a-z][a-z0-9.+-]{0,30}")


def client_command(settings: Settings, folder: Path, handover: int) -> list[str]:
    """Return the command that runs the client within its limits.

    `handover` is the descriptor from which it reads what must not be in arguments.
    """
    memory, files = settings.ssh_memory_mb * 1024 * 1024, settings.ssh_open_files
    size = settings.ssh_folder_mb * 1024 * 1024
    limits = [f"--as={memory}", f"--nofile={files}", f"--fsize={size}", "--core=0"]
    python = [sys.executable, "-I", "-m", "tui"]
    restricted = ["--restricted", "--folder", str(folder), "--handover", str(handover)]
    server = ["--server", settings.ssh_server or settings.public_url]
    return ["/usr/bin/setsid", "--ctty", "/usr/bin/prlimit", *limits, *python, *restricted, *server]


def client_environment(term: str, variables: Mapping[bytes, bytes]) -> dict[str, str]:
    """Return the environment of the client: its terminal and language, if they are plausible."""
    environment = {
        "TERM": term if TERM.fullmatch(term) else DEFAULT_TERM,
        "LANG": DEFAULT_LANG,
    }
    for name, pattern in VARIABLES.items():
        value = variables.get(name.encode(), b"").decode("ascii", "replace")
        if pattern.fullmatch(value):
            environment[name] = value
    return environment


class Terminal:
    """A program in a pseudo-terminal."""

    def __init__(self, width: int, height: int) -> None:
        self._master, self._slave = pty.openpty()
        self._process: asyncio.subprocess.Process | None = None
        self._open = {self._master, self._slave}
        self.resize(width, height)

    def __enter__(self) -> Self:
        """Return the terminal, which is closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is still open."""
        for descriptor in list(self._open):
            self._close(descriptor)

    def _close(self, descriptor: int) -> None:
        self._open.discard(descriptor)
        os.close(descriptor)

    def resize(self, width: int, height: int) -> None:
        """Set the size of the window, as far as it is plausible."""
        columns, rows = (
            min(size, largest) if size else default
            for size, largest, default in zip((width, height), MAX_SIZE, DEFAULT_SIZE, strict=True)
        )
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    async def run(
        self,
        command: list[str],
        environment: dict[str, str],
        handover: int,
        stdin: asyncssh.SSHReader[bytes],
        stdout: asyncssh.SSHWriter[bytes],
        on_input: Callable[[], None],
    ) -> int:
        """Run the program until it ends, or the channel does, and return its exit code."""
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=self._slave,
                stdout=self._slave,
                stderr=self._slave,
                env=environment,
                cwd="/",
                pass_fds=(handover,),
            )
        finally:
            self._close(self._slave)
            os.close(handover)
        output = asyncio.create_task(self._send_output(stdout))
        typed = asyncio.create_task(self._send_input(stdin, on_input))
        try:
            await asyncio.wait((output, typed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (typed, output):
                task.cancel()
            await asyncio.gather(typed, output, return_exceptions=True)
            self._close(self._master)
            code = await asyncio.shield(_end(self._process))
        return code

    async def _send_output(self, stdout: asyncssh.SSHWriter[bytes]) -> None:
        """Send what the program writes, no faster than the channel takes it."""
        reader = asyncio.StreamReader()
        master = os.fdopen(os.dup(self._master), "rb", buffering=0)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), master
        )
        try:
            with suppress(OSError, asyncssh.Error):  # the program has ended, or the channel
                while data := await reader.read(CHUNK_BYTES):
                    stdout.write(data)
                    await stdout.drain()
        finally:
            transport.close()

    async def _send_input(
        self, stdin: asyncssh.SSHReader[bytes], on_input: Callable[[], None]
    ) -> None:
        """Send what the person types, no faster than the program reads it."""
        loop = asyncio.get_running_loop()
        protocol = asyncio.StreamReaderProtocol(asyncio.StreamReader())
        master = os.fdopen(os.dup(self._master), "wb", buffering=0)
        transport, _ = await loop.connect_write_pipe(lambda: protocol, master)
        writer = asyncio.StreamWriter(transport, protocol, None, loop)
        try:
            while True:
                try:
                    data = await stdin.read(CHUNK_BYTES)
                except asyncssh.TerminalSizeChanged as change:
                    self.resize(change.width, change.height)
                    continue
                except (asyncssh.BreakReceived, asyncssh.SignalReceived):
                    continue
                if not data:
                    return
                on_input()
                writer.write(data)
                await writer.drain()
        except (OSError, asyncssh.Error):  # the program has ended, or the channel
            return
        finally:
            transport.abort()


async def _end(process: asyncio.subprocess.Process) -> int:
    """Wait for a program whose terminal was closed, which is a SIGHUP, or kill it.

    Sending it a signal here could take its exit code from asyncio, if it has just ended.
    """
    try:
        return await asyncio.wait_for(process.wait(), END_SECONDS)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        return await process.wait()
