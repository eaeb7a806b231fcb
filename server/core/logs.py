"""The server's log: one line of JSON per event, on stderr."""

import logging
import os
import sys

import structlog


def configure_logging() -> None:
    """Configure logging at the level of PORTAL_LOG."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[os.environ.get("PORTAL_LOG", "WARNING").upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
