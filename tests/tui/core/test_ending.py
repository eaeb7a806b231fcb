"""Detection of a closed terminal without a signal."""

import os
import pty

from tui.core.ending import has_hung_up


def test_terminal_is_hung_up_when_its_controller_closes() -> None:
    controller, terminal = pty.openpty()
    assert not has_hung_up(terminal)
    os.close(controller)
    assert has_hung_up(terminal)
    os.close(terminal)
