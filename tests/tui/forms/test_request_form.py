"""The request form, step by step."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Select, Static

from shared.forms.summary import Line
from tests.parts import Someone
from tests.pdfs import PDF
from tests.tui.accounts.filling import WORK, choose
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import required_answers, save, start
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_for_text
from tui.documents.upload_row import UploadRow
from tui.forms.step_view import StepView
from tui.forms.work_cards import WorkCards
from tui.widgets.header import Link
from tui.widgets.step_bar import StepBar

STEPS = (
    "Work Details",
    "Academic progress",
    "SEN needs",
    "Action taken",
    "Over 18s",
    "Documentation",
    "Discussed with",
    "Summary",
)
UPLOAD_NOTICE = (
    "By uploading this file, you are confirming that it is free from viruses or other malware and "
    "contains no inappropriate material. If the file contains images of people, please ensure you "
    "have their consent for the image to be shared."
)
DECLARATION = (
    "I confirm that I am submitting this form with the knowledge and permission of the person (or "
    "his/her parents/guardians) to whom it relates."
)
SHARING_CONSENT = (
    "I agree that the information I am submitting can be shared with other professionals, the "
    "local authority, the child or young person and their parent or carer"
)

STRENGTHS = ("academic_progress", "/strengths")


def flat_text(pilot: Pilot[None]) -> str:
    """Return the screen's text in one line, without borders and scrollbar."""
    text = screen_text(pilot.app.screen)
    return " ".join(word for word in text.split() if not set(word) <= set("─│▁▂▃▄▅▆▇█"))


async def open_step(pilot: Pilot[None], submission: UUID, number: int) -> None:
    await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
    if number > 1:
        await pilot.press("f2", str(number))
        await wait_for_text(pilot, f"Step {number} of 8")


async def add_entry(pilot: Pilot[None]) -> None:
    pilot.app.screen.query(".add").first().focus()
    await pilot.press("enter")
    await until(pilot, lambda: bool(pilot.app.screen.query("EntryBox Question")))


async def test_step_one_shows_a_card_for_each_role(portal: AppFactory, me: Someone) -> None:
    second_role = {
        **WORK,
        "role": "head",
        "organisation": "Wren Hollow",
        "mobile": "07700 900104",
    }
    me.put(f"/v1/account/work-details/{uuid4()}", json=second_role).raise_for_status()
    submission = start(me)
    async with portal(me).run_test(size=(80, 40)) as pilot:
        await open_step(pilot, submission, 1)
        text = flat_text(pilot)
        assert (
            "Please select the Professional Role you would like to complete this form as." in text
        )
        assert "go to My Account, then Work Details" in text
        for part in (
            "SEN Co-ordinator",
            "Organisation name: Osierbeck Academy",
            "Address: 1 Osier Way, Leicester, LE1 1FZ",
            "Work phone: 0116 496 0102",
            "Mobile number: none",
            "Organisation name: Wren Hollow",
            "Mobile number: 07700 900104",
        ):
            assert part in text
        selects = list(pilot.app.screen.query(WorkCards).first().query(Button))
        assert len(selects) == 2
        selects[1].press()
        await until(pilot, lambda: flat_text(pilot).count("✓ Selected") == 1)
        assert "✓ Selected" in str(selects[1].label)


async def test_each_step_opens_by_click_and_back_returns(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await open_step(pilot, submission, 1)
        bar = pilot.app.screen.query_one(StepBar)

        async def click(number: int) -> None:
            await pilot.click(bar, offset=(bar.render().plain.index(f" {number}") + 2, 0))

        for number, title in reversed(list(enumerate(STEPS, 1))[1:]):
            await click(number)
            await wait_for_text(pilot, f"Step {number} of 8")
            assert f"▸{number}· {title}" in bar.render().plain.replace("–", "·").replace("◐", "·")
        await click(3)
        await wait_for_text(pilot, "Step 3 of 8")
        await choose(pilot, "#previous")
        await wait_for_text(pilot, "Step 2 of 8")


async def test_document_entry_warns_about_file_not_uploaded(
    portal: AppFactory, me: Someone, tmp_path: Path
) -> None:
    report = tmp_path / "report.pdf"
    report.write_bytes(PDF)
    submission = start(me)
    async with portal(me).run_test(size=(80, 60)) as pilot:
        await open_step(pilot, submission, 6)
        await add_entry(pilot)
        text = flat_text(pilot)
        assert "File description" in text
        assert "Please select" in text
        assert "+ Add More" in text
        assert "No file chosen" in text
        assert UPLOAD_NOTICE in text
        assert "File description where not listed above" not in text
        pilot.app.screen.query_one("EntryBox Select", Select).value = "other"
        await until(pilot, lambda: "File description where not listed above" in flat_text(pilot))
        pilot.app.screen.query_one(UploadRow).choose(report)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        assert "report.pdf: without Upload the form goes without it." in flat_text(pilot)
        assert UPLOAD_NOTICE in flat_text(pilot)
        await pilot.press("tab", "tab", "enter")
        await wait_for_text(pilot, "Step 7 of 8")
        await pilot.press("f2", "8")
        await wait_for_text(pilot, "Step 8 of 8")
        summary = pilot.app.screen.query_one(StepView)
        await until(
            pilot,
            lambda: any(
                "report.pdf was chosen and not uploaded: it is not attached." in str(line.content)
                for line in summary.query(".warning").results(Static)
            ),
        )


async def test_contact_has_name_details_and_date(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    async with portal(me).run_test(size=(80, 60)) as pilot:
        await open_step(pilot, submission, 7)
        await add_entry(pilot)
        text = flat_text(pilot)
        for part in (
            "Name of parent (or person with parental responsibility) or the young person (16+)",
            "Address, phone number, and email address *",
            "Please indicate the best way to be contacted.",
            "There is a limit of 30000 characters. 30000 remaining",
            "Date of discussion (dd/mm/yyyy)",
            "+ Add More",
        ):
            assert part in text


@pytest.mark.parametrize(("birth_date", "required"), [("2010-03-02", True), ("2010-03-03", False)])
async def test_young_persons_contact_is_required_from_sixteen(
    portal: AppFactory, me: Someone, birth_date: str, required: bool
) -> None:
    submission = start(me, born=birth_date)
    save(me, submission, **required_answers(me))
    async with portal(me).run_test(size=(80, 200)) as pilot:
        await open_step(pilot, submission, 8)
        error = "The young person is 16 or over; add their own contact details too"
        assert (error in flat_text(pilot)) is required


async def test_summary_links_to_answers_and_ends_with_agreements(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    save(me, submission, **required_answers(me), strengths="Ivo builds bridges.", year_group="y3")
    async with portal(me).run_test(size=(80, 250)) as pilot:
        await open_step(pilot, submission, 8)
        text = flat_text(pilot)
        for part in (
            *STEPS[:7],
            "SEN Co-ordinator, Osierbeck Academy",
            "Year 3",
            "Ivo builds bridges.",
            "Dana Dunne",
            "0116 496 0103",
            "01/03/2026",
            "Not provided",
            "Does not apply – aged under 18",
            DECLARATION,
            SHARING_CONSENT,
        ):
            assert part in text
        assert text.count("[x] I agree") == 2
        edit_link = next(
            link
            for link in pilot.app.screen.query("SummaryView Link").results(Link)
            if isinstance(link.value, Line) and (link.value.step, link.value.pointer) == STRENGTHS
        )
        edit_link.focus()
        await pilot.press("enter")
        await wait_for_text(pilot, "Step 2 of 8")
        await until(
            pilot,
            lambda: pilot.app.focused is pilot.app.screen.query_one("#field-strengths LongText"),
        )
