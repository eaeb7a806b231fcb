"""Dialogs about settings and the placement of a case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from shared.desk import CaseOut
from shared.placements import (
    SETTING_KINDS,
    ConsultationOut,
    FamilyRequestIn,
    FamilyRequestOut,
    PlacementOut,
    PlacementSave,
    PlacementsOut,
    RefusalGround,
    Reply,
    ReplyIn,
    RequestDecisionIn,
    SettingKind,
)
from shared.problems import FieldError
from shared.values.days import format_day, parse_day
from tui.desk.dialog import (
    CaseDialog,
    check_day,
    check_required,
    create_day_field,
    create_reason_field,
)
from tui.placements import api
from tui.placements.fields import choice_field, ground_field, line_field
from tui.placements.offers import Offer, build_offers, suggested_placement
from tui.widgets.field import Field
from tui.widgets.finder import Finder
from tui.widgets.long_text import LongText

CHASE_BY_POST = (
    "No email address is known. Copy the words below into a letter, or phone; Chase records that "
    "it was done today."
)
COPY_HELP = "The words can be selected and copied."
NOTHING_FOUND = "No setting is found by these words. You may type only the name below."
TOO_SHORT = "Type at least 3 letters of its name, or only the name below."
NO_REPLY = "Choose what they replied."
NO_GROUND = "Choose the ground."
NO_ANSWER = "Choose the answer."
RANK = "Rank: 1 if it is the only or the main placement"
NO_KIND = "Choose the kind of setting."
NO_NAME = "Enter the name of the setting, or its type."
NO_REASON = "Enter the reason: the family gets it in writing."
NOT_WEEKS = "Enter a number of weeks from 0 to 52."
NOT_RANK = "Enter a number from 1 to 9."
SAME_TEXTS = ("rank", "residential_weeks", "urn", "ukprn", "setting")
"""Fields of a placement that show its values as they are."""
ANSWERS = {None: "", True: "yes", False: "no"}
YES_NO = (("No", "no"), ("Yes", "yes"))


class PlacementDialog(CaseDialog):
    """Base class of the dialogs."""

    SENT_AGAIN = "save only what you changed"

    async def read_page(self) -> PlacementsOut:
        """Read the settings and placements of the case again."""
        return await api.read_placements(self.portal.client, self.case.id)


class RecordReply(PlacementDialog):
    """Records a setting's reply, or corrects it."""

    def __init__(self, case: CaseOut, row: ConsultationOut) -> None:
        super().__init__(case, f"Reply of {row.name}", "Record it", version=row.version)
        self._row = row

    def fields(self) -> Iterable[Field]:
        """Ask for the answer, its ground, the day and the words."""
        row = self._row
        options = (("Yes, it can meet the needs", Reply.YES.value), ("No", Reply.NO.value))
        yield choice_field("reply", "Reply", options, row.reply or "", required=True)
        yield ground_field(row.ground, "Ground, if they say no")
        yield create_day_field("on", "Date of the reply", row.replied_on)
        label, help_text = "In their words", "As they wrote it."
        yield create_reason_field("words", label, help_text, row.words, required=False)

    async def read_newer(self) -> dict[str, str]:
        """Read the reply again."""
        rows = (await self.read_page()).consultations
        row = next((row for row in rows if row.id == self._row.id), self._row)
        texts = {"reply": row.reply or "", "ground": row.ground or "", "words": row.words}
        return texts | ({"on": format_day(row.replied_on)} if row.replied_on else {})

    def errors(self) -> list[FieldError]:
        """Check the answer and the day; a no needs its ground."""
        errors = [
            *check_required("reply", self.value("reply"), NO_REPLY),
            *check_day("on", self.value("on")),
        ]
        if self.value("reply") == Reply.NO:
            errors += check_required("ground", self.value("ground"), NO_GROUND)
        return errors

    async def send(self) -> CaseOut:
        """Record the reply."""
        ground = self.value("ground")
        body = ReplyIn(
            reply=Reply(self.value("reply")),
            ground=RefusalGround(ground) if ground else None,
            on=parse_day(self.value("on")),
            words=self.value("words"),
        )
        await api.record_reply(self.portal.client, self._row.id, self.version, body)
        return self.case


class ChaseSetting(PlacementDialog):
    """Chases a setting: emails the letter, or shows it to be printed."""

    def __init__(self, case: CaseOut, row: ConsultationOut) -> None:
        text = f"This letter is emailed to {row.email}:\n\n{row.chase_text.rstrip()}"
        super().__init__(case, f"Chase {row.name}", "Chase", text if row.email else CHASE_BY_POST)
        self._row = row

    def fields(self) -> Iterable[Field]:
        """Show the words of a letter that is posted, to be copied."""
        if not self._row.email:
            words = LongText(self._row.chase_text.rstrip(), read_only=True)
            yield Field("text", "Words of the letter", words, help_text=COPY_HELP)

    async def send(self) -> CaseOut:
        """Chase the setting."""
        await api.chase(self.portal.client, self._row.id)
        return self.case


class _SettingDialog(PlacementDialog):
    """Base class of dialogs that name a setting: one that was asked, of the list, or any other."""

    def __init__(
        self,
        case: CaseOut,
        consulted: Sequence[ConsultationOut],
        heading: str,
        warning: str = "",
        name: str = "",
        id: UUID | None = None,
        *,
        version: int = 0,
    ) -> None:
        super().__init__(case, heading, "Record it", version=version)
        self._warning = warning
        self._organisation = (name, id)
        self._consulted = consulted
        texts = ("Find it in the list", NOTHING_FOUND, TOO_SHORT)
        self.finder = Finder(self._find, attrgetter("text"), *texts)

    async def _find(self, text: str) -> list[Offer]:
        found = await api.find_settings(self.portal.client, text)
        return build_offers(self._consulted, found, text)

    def compose_content(self) -> ComposeResult:
        """Lay out the finder above the fields."""
        yield self.finder
        yield line_field(
            "name",
            "Setting, or type of setting",
            self._organisation[0],
            required=True,
            hint=self._warning,
        )
        yield from self.fields()

    @on(Finder.Chosen)
    def _on_chosen(self) -> None:
        choice = self.finder.choice
        if choice is None:
            return
        self._organisation = (choice.name, choice.organisation)
        control = self.query_one("#field-name", Field).control
        if isinstance(control, Input):
            control.value = choice.name
            control.focus()
        self.on_setting(choice)

    def on_setting(self, choice: Offer) -> None:
        """Fill in what is known of a setting that was chosen."""

    @property
    def organisation(self) -> UUID | None:
        """The organisation of the list, unless another name was typed since."""
        name, id = self._organisation
        return id if name == self.value("name") else None

    def errors(self) -> list[FieldError]:
        """Check that a setting is named."""
        return check_required("name", self.value("name"), NO_NAME)


class RecordRequest(_SettingDialog):
    """Records the family's request for a setting."""

    def __init__(self, case: CaseOut, consulted: Sequence[ConsultationOut]) -> None:
        super().__init__(case, consulted, "The family's request for a setting")
        self._row_id = uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask for the kind and the day."""
        options = [(label, key.value) for key, label in SETTING_KINDS.items()]
        yield choice_field("kind", "Kind of setting", options, required=True)
        yield create_day_field("on", "Date of the request")

    def on_setting(self, choice: Offer) -> None:
        """Fill in its kind; one that is not known is to be chosen."""
        self.query_one("#field-kind", Field).load(choice.kind or "")

    def errors(self) -> list[FieldError]:
        """Check the name, the kind and the day."""
        return [
            *super().errors(),
            *check_required("kind", self.value("kind"), NO_KIND),
            *check_day("on", self.value("on")),
        ]

    async def send(self) -> CaseOut:
        """Record the request."""
        body = FamilyRequestIn(
            kind=SettingKind(self.value("kind")),
            name=self.value("name"),
            organisation=self.organisation,
            on=parse_day(self.value("on")),
        )
        client = self.portal.client
        await api.record_request(client, self.case.id, self._row_id, self.version, body)
        return self.case


class DecideRequest(PlacementDialog):
    """Agrees to the family's request, or refuses it with a ground."""

    def __init__(self, case: CaseOut, row: FamilyRequestOut) -> None:
        heading = f"The family asked for {row.name}"
        super().__init__(case, heading, "Record it", version=row.version)
        self._row = row

    def fields(self) -> Iterable[Field]:
        """Ask for the answer, its ground, the day and the reason."""
        row = self._row
        options = (("Agree to it", "yes"), ("Refuse it", "no"))
        yield choice_field("agreed", "Answer", options, ANSWERS[row.agreed], required=True)
        yield ground_field(row.ground, "Ground, if refused")
        yield create_day_field("on", "Date of the decision", row.decided_on)
        help_text = "The family gets it."
        yield create_reason_field("reason", "Reason", help_text, row.reason, required=False)

    async def read_newer(self) -> dict[str, str]:
        """Read the request again."""
        rows = (await self.read_page()).requests
        row = next((row for row in rows if row.id == self._row.id), self._row)
        texts = {"agreed": ANSWERS[row.agreed], "ground": row.ground or "", "reason": row.reason}
        return texts | ({"on": format_day(row.decided_on)} if row.decided_on else {})

    def errors(self) -> list[FieldError]:
        """Check the answer and the day; a refusal needs its ground and its reason."""
        errors = [
            *check_required("agreed", self.value("agreed"), NO_ANSWER),
            *check_day("on", self.value("on")),
        ]
        if self.value("agreed") == "no":
            if self._row.kind is not SettingKind.OTHER:
                errors += check_required("ground", self.value("ground"), NO_GROUND)
            errors += check_required("reason", self.value("reason"), NO_REASON)
        return errors

    async def send(self) -> CaseOut:
        """Record the decision."""
        ground = self.value("ground")
        body = RequestDecisionIn(
            agreed=self.value("agreed") == "yes",
            ground=RefusalGround(ground) if ground else None,
            on=parse_day(self.value("on")),
            reason=self.value("reason"),
        )
        await api.decide_request(self.portal.client, self._row.id, self.version, body)
        return self.case


class NamePlacement(_SettingDialog):
    """Names a setting or a type of setting in section I of the plan, or corrects it."""

    def __init__(
        self, case: CaseOut, shown: PlacementsOut, warning: str, row: PlacementOut | None
    ) -> None:
        named = (row.name, row.organisation) if row else suggested_placement(shown)
        heading = "Placement in the plan (section I)"
        version = row.version if row else 0
        super().__init__(case, shown.consultations, heading, warning, *named, version=version)
        self._row_id = row.id if row else uuid4()
        self._row = row
        self._settings = shown.settings

    def fields(self) -> Iterable[Field]:
        """Ask for the days and what the plan says of the placement."""
        row = self._row
        yield create_day_field("starts_on", "From", row.starts_on if row else None)
        ends = format_day(row.ends_on) if row and row.ends_on else ""
        yield line_field("ends_on", "Until (dd/mm/yyyy), if it has ended", ends)
        yield line_field("rank", RANK, str(row.rank) if row else "1")
        for name, label in (("sen_unit", "In a SEN unit"), ("resourced", "Resourced provision")):
            value = "yes" if row and getattr(row, name) else "no"
            yield choice_field(name, label, YES_NO, value)
        weeks = str(row.residential_weeks) if row else "0"
        yield line_field("residential_weeks", "Residential weeks a year", weeks)
        yield line_field("urn", "URN (empty: that of the list)", row.urn if row else "")
        yield line_field("ukprn", "UKPRN, of a college", row.ukprn if row else "")
        options = [(f"{code}: {label}", code) for code, label in self._settings.items()]
        yield choice_field("setting", "If it has no number", options, row.setting if row else "")

    async def read_newer(self) -> dict[str, str]:
        """Read the placement again."""
        page = await self.read_page()
        row = next((row for row in page.placements if row.id == self._row_id), None)
        if row is None:
            return {}
        if self.is_unchanged("name"):
            self._organisation = (row.name, row.organisation)
        return {
            "name": row.name,
            "starts_on": format_day(row.starts_on),
            "ends_on": format_day(row.ends_on) if row.ends_on else "",
            "sen_unit": "yes" if row.sen_unit else "no",
            "resourced": "yes" if row.resourced else "no",
            **{name: str(getattr(row, name)) for name in SAME_TEXTS},
        }

    def errors(self) -> list[FieldError]:
        """Check the name, the days and the numbers."""
        errors = [*super().errors(), *check_day("starts_on", self.value("starts_on"))]
        if self.value("ends_on"):
            errors += check_day("ends_on", self.value("ends_on"))
        for name, numbers, message in (
            ("rank", range(1, 10), NOT_RANK),
            ("residential_weeks", range(53), NOT_WEEKS),
        ):
            is_right = self.value(name) in map(str, numbers)
            errors += check_required(name, "x" if is_right else "", message)
        return errors

    async def send(self) -> CaseOut:
        """Record the placement."""
        ends_on = self.value("ends_on")
        body = PlacementSave(
            name=self.value("name"),
            organisation=self.organisation,
            urn=self.value("urn"),
            ukprn=self.value("ukprn"),
            setting=self.value("setting"),
            rank=int(self.value("rank")),
            sen_unit=self.value("sen_unit") == "yes",
            resourced=self.value("resourced") == "yes",
            residential_weeks=int(self.value("residential_weeks")),
            starts_on=parse_day(self.value("starts_on")),
            ends_on=parse_day(ends_on) if ends_on else None,
            confirmed=self.confirmed,
        )
        client = self.portal.client
        await api.name_placement(client, self.case.id, self._row_id, self.version, body)
        return self.case
