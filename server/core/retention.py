"""How long records are kept, as a setting."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Length = Annotated[int, Field(ge=1, le=36_500)]


class RetentionPeriods(BaseModel):
    """Periods after which records are deleted, in days or years.

    A period starts at the end of a session, code or link, when an email was sent or given up on,
    when a registration was made or activated, at the last change of a draft, and at an identity
    check. A child's record is kept until a birthday, with everything in it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sign_in_days: Length = 30
    """Ended sessions, email codes, emailed links, and counts of failed attempts."""
    device_days: Length = 90
    """Devices that signed in, after the last time; not known any longer, see `KNOWN_FOR`."""
    mail_days: Length = 30
    registration_days: Length = 30
    draft_days: Length = 365
    """Drafts and documents that were never submitted."""
    draft_notice_days: Length = 30
    """How long before the deletion of a draft its owner is told."""
    task_days: Length = 365
    """Tasks without a case, after they were done."""
    identity_check_years: Length = 6
    child_age_years: Length = 35
    """The birthday until which a child's case, forms, documents and messages are kept."""
    audit_years: Length = 35
    """Entries of the audit log, which must be there as long as the records they are about."""


DEFAULT_RETENTION = RetentionPeriods()
