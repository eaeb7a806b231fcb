"""Parsing and formatting of dates and times, in London time."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = re.compile(r"(\d{1,2}(?!\d))[\s/.-]*(\d{1,2}(?!\d)|[A-Za-z]{3,9})[\s/.-]*(\d{4}|\d{2})")


class InvalidDate(ValueError):
    """Raised for a string that is not a date; the message is for users."""


def parse_day(text: str) -> date:
    """Parse a date written as dd/mm/yyyy, 1-2-2026, 01022026 or 1 Feb 2026.

    Raises InvalidDate.
    """
    return _parse(text, latest=None)


def parse_birth_date(text: str, today: date) -> date:
    """Parse a child's date of birth, whose year may also have two digits, such as 3/5/17.

    As children are under 25, two digits are a year from 2000. Raises InvalidDate, also where that
    date is in the future.
    """
    return _parse(text, latest=today)


def _parse(text: str, *, latest: date | None) -> date:
    """Parse a date, with a year of two digits only if it is not after `latest`."""
    stripped = text.strip()
    if re.fullmatch(r"\d{8}", stripped):
        stripped = f"{stripped[:2]}/{stripped[2:4]}/{stripped[4:]}"
    match = _DAY.fullmatch(stripped)
    if not match or (len(match[3]) == 2 and latest is None):
        raise InvalidDate(
            f"Write the date as dd/mm/yyyy, for example 28/02/2026, not '{stripped}'."
        )
    day, month_text, year = int(match[1]), match[2].lower(), int(match[3])
    is_short = len(match[3]) == 2
    if month_text.isdigit():
        month = int(month_text)
    else:
        month = next((i for i, name in enumerate(_MONTHS, 1) if month_text.startswith(name)), 0)
    try:
        parsed = date(2000 + year if is_short else year, month, day)
    except ValueError:
        raise InvalidDate(f"{stripped} is not a real date. Write it as dd/mm/yyyy.") from None
    if is_short and latest is not None and parsed > latest:
        raise InvalidDate("Write the year with four digits, for example 28/02/2015.")
    return parsed


def format_day(day: date) -> str:
    """Format a date as dd/mm/yyyy."""
    return day.strftime("%d/%m/%Y")


def format_received(moment: datetime) -> str:
    """Format a London date and time as in the inbox: 06-Jun-2022 15:06."""
    return moment.astimezone(LONDON).strftime("%d-%b-%Y %H:%M")


def format_datetime(moment: datetime) -> str:
    """Format a London date and time: 06/06/2022 15:06."""
    return f"{format_day(london_day(moment))} {format_time(moment)}"


def format_time(moment: datetime) -> str:
    """Format the London time of day: 10:42."""
    return moment.astimezone(LONDON).strftime("%H:%M")


def format_dated_time(moment: datetime, today: date) -> str:
    """Format the London time of day, with the date for a day before today."""
    day = london_day(moment)
    return format_time(moment) if day >= today else f"{format_day(day)} {format_time(moment)}"


def london_day(moment: datetime) -> date:
    """Return the date in London."""
    return moment.astimezone(LONDON).date()


def utc_now() -> datetime:
    """Return the current time as an aware datetime in UTC."""
    return datetime.now(UTC)


def age_on(born: date, day: date) -> int:
    """Return the age in full years; a birthday on 29 February counts from 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
