"""The server's log: one line of JSON per event, on stderr.

An event is an error if an operator must act on it; `do` says how.
"""

import logging
import sys

import structlog

from server.core.request_ids import add_request_id

REPORT_LINE = "Report this line to the portal's developers: it is a mistake in the program."
"""What an operator does about an error that the program does not expect."""


def configure_logging(level: str) -> None:
    """Configure logging at a level, such as WARNING."""
    structlog.configure(
        processors=[
            add_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        # One write a line: print() would write the newline apart where Python doesn't buffer, and
        # the lines of several processes would run into each other.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
