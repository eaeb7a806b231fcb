"""A dialog is as high as its content, up to the rows of the terminal."""

from collections.abc import Iterable

from textual.screen import ModalScreen
from textual.widgets import Static

from tests.tui.conftest import AppFactory
from tests.tui.steps import on_screen, wait_until_idle
from tui.desk.dialog import InputDialog
from tui.widgets.dialog import ChoiceDialog, DialogBody
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput

SIZES = ((80, 24), (60, 20), (120, 40))
FRAME, HEADING, MARGINS, BUTTONS = 4, 1, 2, 1
FIELD = 3  # its label, its input and the line below


class Fields(InputDialog[None]):
    """A dialog with a number of fields."""

    def __init__(self, number: int) -> None:
        super().__init__("Heading", "Send")
        self._number = number

    def fields(self) -> Iterable[Field]:
        """Return the fields."""
        return [Field(f"f{n}", f"Field {n}", LineInput(compact=True)) for n in range(self._number)]


async def test_dialog_is_as_high_as_its_content_up_to_the_terminal(portal: AppFactory) -> None:
    app = portal()
    answers = (("yes", "Yes"), ("no", "No"))
    cases: list[tuple[ModalScreen[None] | ModalScreen[str], int]] = [
        *((Fields(number), FIELD * number - 1) for number in (1, 5, 6, 14)),
        *((ChoiceDialog("Question", "\n".join("x" * n), answers), n) for n in (1, 14, 50)),
    ]
    async with app.run_test(size=SIZES[0]) as pilot:
        await on_screen(pilot, "SignIn")
        for dialog, content in cases:
            app.push_screen(dialog)
            await on_screen(pilot, type(dialog).__name__)
            for size in SIZES:
                await pilot.resize_terminal(*size)
                await wait_until_idle(pilot)
                body, frame = dialog.query_one(DialogBody), dialog.query_one(".dialog")
                whole = content + FRAME + HEADING + MARGINS + BUTTONS
                assert frame.region.height == min(whole, size[1])
                assert body.region.height == frame.region.height - (whole - content)
                actions = dialog.query_one(".actions")
                assert actions.region.bottom == frame.region.bottom - FRAME // 2
                assert body.region.bottom == actions.region.y - 1
                heading = dialog.query(Static).first()
                assert heading.region.y == frame.region.y + FRAME // 2
            dialog.dismiss()
            await on_screen(pilot, "SignIn")
