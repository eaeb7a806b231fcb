"""What an officer is warned of before a letter is made. It can be made all the same."""

from collections.abc import Iterator

from server.cases.texts import event_label
from server.letters.building import words_used
from server.letters.words import days_of
from server.letters.writing import Writing
from shared.letters import Missing, MissingFrom
from shared.values.days import format_day

LAST_DAYS = {
    "decide_by": "The last day to decide",
    "no_plan_by": "The last day to decide not to issue a plan",
    "views_until": "The last day for views",
    "final_by": "The last day for the final plan",
    "ordered_no_plan_by": "The last day to decide not to issue a plan",
    "ordered_final_by": "The last day for the final plan",
    "reassessed_by": "The last day for the plan after the reassessment",
    "appeal_until": "The last day to appeal",
    "adviser_until": "The last day to contact the mediation adviser",
}
"""Words of templates that stand for a last day, each with what it is."""
FAMILY_DAYS = frozenset({"views_until", "appeal_until", "adviser_until"})
"""Last days of the family, whose time a letter that goes late would shorten."""
PASSED = "{label} in it, {day}, has passed."
DATED_LATER = (
    "Dated {days} after {what}: the times in it run from that day. If it goes only now, {correct}."
)
MEETING_SOON = (
    "The meeting, {day}, is in less than two weeks, the notice that those invited must get "
    "(Reg. 20). If it can be later, correct its day on the case first."
)
NOTICE_DAYS = 14
NO_NHS_NUMBER = (
    "The NHS number is not known. A health service finds the child by it: enter it under People."
)


def find_warnings(writing: Writing) -> list[Missing]:
    """List what is doubtful in a letter, each with where it is put right."""
    has_event = bool(writing.template.template.events)
    where = MissingFrom.CASE if has_event else MissingFrom.LETTER
    field = "" if has_event else "decided_on"
    warnings = [Missing(where=where, text=text, field=field) for text in _texts(writing)]
    if writing.addressee and writing.addressee.is_health and not writing.person.nhs_number:
        warnings.append(Missing(where=MissingFrom.CASE, text=NO_NHS_NUMBER))
    return warnings


def _texts(writing: Writing) -> Iterator[str]:
    decided_on, today, used = writing.decided_on, writing.today, words_used(writing)
    if decided_on is None:
        return
    days = days_of(writing.facts, writing.settings.periods)
    for name, label in LAST_DAYS.items():
        if name in used and days[name] < today:
            yield PASSED.format(label=label, day=format_day(days[name]))
    meeting = days.get("meeting_on") if "meeting_on" in used else None
    if meeting and meeting < today:
        yield PASSED.format(label="The meeting", day=format_day(meeting))
    elif meeting and (meeting - today).days < NOTICE_DAYS:
        yield MEETING_SOON.format(day=format_day(meeting))
    late = (today - decided_on).days
    if late > 0 and FAMILY_DAYS & used:
        yield DATED_LATER.format(
            days="1 day" if late == 1 else f"{late} days",
            what=_name_start(writing),
            correct="correct that day on the case first" if writing.event else "change that day",
        )


def _name_start(writing: Writing) -> str:
    """Name what the times in a letter run from, with its day."""
    day = format_day(writing.decided_on) if writing.decided_on else ""
    event = writing.event
    if event is None:
        return f"the decision or notice ({day})"
    return f"“{event_label(event.kind, writing.person.born, event.on)}” ({day})"
