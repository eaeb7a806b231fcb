"""A closed terminal is detected without a signal."""

import os
import pty

from tui.core.ending import has_hung_up


def test_terminal_is_hung_up_when_its_other_end_closes() -> None:
    other, terminal = pty.openpty()
    assert not has_hung_up(terminal)
    os.close(other)
    assert has_hung_up(terminal)
    os.close(terminal)
