"""The time since a stored moment, on servers whose clocks may have been wrong."""

from datetime import datetime, timedelta

CLOCK_SKEW = timedelta(minutes=1)
"""How much the clocks of several servers may differ."""
LONG_AGO = timedelta(days=365_000)


def elapsed(since: datetime, now: datetime) -> timedelta:
    """Return the time since a stored moment; a moment in the future counts as long past.

    It was stored while a clock was ahead. If it counted, everything that waits for some time to
    pass would wait until the clock gets there.
    """
    if since - now > CLOCK_SKEW:
        return LONG_AGO
    return max(now - since, timedelta(0))
