"""A terminal that is gone is noticed without a signal."""

import os
import pty

from tui.core.ending import has_hung_up


def test_a_terminal_whose_other_end_is_closed_is_gone() -> None:
    other, terminal = pty.openpty()
    assert not has_hung_up(terminal)
    os.close(other)
    assert has_hung_up(terminal)
    os.close(terminal)
