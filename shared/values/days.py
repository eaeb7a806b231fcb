"""Parsing and formatting of dates and times, in London time."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = re.compile(r"(\d{1,2}(?!\d))[\s/.-]*(\d{1,2}(?!\d)|[A-Za-z]{3,9})[\s/.-]*(\d{4}|\d{2})")
_MONTH_ALONE = re.compile(r"(\d{1,2}|[A-Za-z]{3,9})[\s/.-]*\d{4}")
LATEST_SHORT = date(2049, 12, 31)
"""The latest date whose year may have two digits: people mean no later one, but perhaps 1998."""


class InvalidDate(ValueError):
    """Raised for a string that is not a date; the message is for users."""


def parse_day(text: str, latest_short: date = LATEST_SHORT) -> date:
    """Parse a date written as dd/mm/yyyy, 1-2-2026, 01022026, 1 Feb 2026 or 1/2/26.

    Two digits are a year from 2000. Raises InvalidDate, also if the date would then be after
    `latest_short`.
    """
    stripped = text.strip()
    if re.fullmatch(r"\d{8}", stripped):
        stripped = f"{stripped[:2]}/{stripped[2:4]}/{stripped[4:]}"
    match = _DAY.fullmatch(stripped)
    if not match:
        raise InvalidDate(_format_error(stripped))
    day, month, year = int(match[1]), _month(match[2]), int(match[3])
    is_short = len(match[3]) == 2
    try:
        parsed = date(2000 + year if is_short else year, month, day)
    except ValueError:
        raise InvalidDate(f"{stripped} is not a real date. Write it as dd/mm/yyyy.") from None
    if is_short and parsed > latest_short:
        raise InvalidDate("Write the year with four digits: dd/mm/yyyy, for example 28/02/2015.")
    return parsed


def _month(text: str) -> int:
    """Return the month that a number or name means, or 0."""
    if text.isdigit():
        return int(text)
    return next((i for i, name in enumerate(_MONTHS, 1) if text.lower().startswith(name)), 0)


def _format_error(text: str) -> str:
    month = _MONTH_ALONE.fullmatch(text)
    if month and _month(month[1]) in range(1, 13):
        return f"{text} has no day. Write the date as dd/mm/yyyy, for example 01/02/2026."
    return f"Write the date as dd/mm/yyyy, for example 28/02/2026, not '{text}'."


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
