"""Garbage collection in the client."""

import asyncio
import gc
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from weakref import ref

import pytest
from textual.screen import Screen
from textual.widget import Widget

from tests.tui.conftest import AppFactory
from tests.tui.steps import on_screen
from tui.core.client import Client
from tui.core.garbage import release_drawn_lines

SCRIPT = """
import gc
from weakref import ref
from tui.core.garbage import tune_collector

class Screen:
    pass

tune_collector()
screen = Screen()
screen.itself, closed = screen, ref(screen)
gc.collect(1)  # the screen is old when it closes
del screen
for opened in range(40):
    for _ in range(10_000):
        cycle = []
        cycle.append(cycle)
print(closed() is None)
"""


CLOSING_SCRIPT = """
import asyncio, gc, sys
from weakref import ref
from textual.app import App
from textual.screen import Screen
from textual.widgets import Static
from tui.core import garbage

idle_seconds, garbage.REST_SECONDS = float(sys.argv[1]), 0.1
garbage.MAX_CLOSED_WIDGETS = int(sys.argv[2])

class Full(Screen):
    def compose(self):
        for number in range(garbage.CLOSED_WIDGETS):
            yield Static(str(number))

async def main():
    garbage.collect_closed_widgets(lambda: idle_seconds)
    app = App()
    async with app.run_test() as pilot:
        await app.push_screen(Full())
        closed = ref(app.screen)
        gc.collect()
        gc.disable()
        await app.pop_screen()
        for _ in range(int(sys.argv[3])):
            if closed() is None:
                break
            await pilot.pause(0.05)
    print(closed() is None)

asyncio.run(main())
"""


def test_closed_screen_is_freed_before_forty_others_have_opened() -> None:
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stdout == "True\n"


def test_widget_frees_its_lines_once_for_any_number_of_apps() -> None:
    release_drawn_lines()
    first = Widget._on_unmount
    release_drawn_lines()
    assert Widget._on_unmount is first


@pytest.mark.parametrize(
    ("idle_seconds", "max_closed", "pauses", "is_collected"),
    [(1.0, 300, 100, True), (0.0, 300, 8, False), (0.0, 20, 100, True)],
    ids=["user rests", "user works", "too many"],
)
def test_closed_widgets_are_collected_when_the_user_rests_or_they_are_too_many(
    idle_seconds: float, max_closed: int, pauses: int, *, is_collected: bool
) -> None:
    arguments = map(str, (idle_seconds, max_closed, pauses))
    result = subprocess.run(
        [sys.executable, "-c", CLOSING_SCRIPT, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert result.stdout == f"{is_collected}\n"


@pytest.mark.parametrize("fails", [False, True])
async def test_screen_that_opened_another_in_a_worker_is_freed(
    portal: AppFactory, failures: list[BaseException], *, fails: bool
) -> None:
    class First(Screen[None]):
        def on_mount(self) -> None:
            self.run_worker(self._open_second(), exit_on_error=False)

        async def _open_second(self) -> None:
            self.app.switch_screen(Second())
            if fails:
                raise ValueError

    class Second(Screen[None]):
        pass

    async with portal().run_test() as pilot:
        await on_screen(pilot, "SignIn")
        await pilot.app.push_screen(First())
        await on_screen(pilot, "Second")
        failures.clear()
        gc.collect()
        assert not [screen for screen in gc.get_objects() if isinstance(screen, First)]


async def test_caller_of_a_request_is_freed_before_the_requests_timeout() -> None:
    class Caller:
        pass

    active = ContextVar[Caller]("active")

    async def call(client: Client) -> ref[Caller]:
        caller = Caller()
        active.set(caller)
        assert await client.request("GET", "/", str) == "done"
        return ref(caller)

    # The loop drops cancelled timers only once no other is due before.
    timer = asyncio.get_running_loop().call_later(10, active.get)
    async with serve_done() as url:
        client = Client(url)
        caller = await asyncio.create_task(call(client))
        await asyncio.sleep(0)  # the loop still has the task
        gc.collect()
        assert caller() is None
        await client.close()
    timer.cancel()


@asynccontextmanager
async def serve_done() -> AsyncIterator[str]:
    """Serve "done" as JSON, and yield the URL."""

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n"done"')
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
