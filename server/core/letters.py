"""Settings of letters: the authority's address, and whom its letters name."""

from pydantic import BaseModel


class LetterSettings(BaseModel, frozen=True, extra="forbid"):
    """Names and contacts in letters; a letter that needs one that is empty can't be made."""

    address: str = ""
    """The authority's postal address, its lines separated by commas."""
    phone: str = ""
    email: str = ""
    """The address for answers, by default `contact_email`."""
    mediation_adviser: str = ""
    mediation_contact: str = ""
    disagreement_resolution: str = ""
    """Who resolves disagreements independently (CFA 2014, s.57)."""
    disagreement_contact: str = ""
    information_service: str = ""
    """The information and advice service, SENDIASS (CFA 2014, s.32)."""
    information_contact: str = ""
    tribunal: str = ""
    """The address of the Tribunal."""
    appeal_form: str = ""
    """The form of an appeal, and where it is."""
    schools: str = ""
    """Where a list of schools and other settings is."""
    commissioning_body: str = ""
    """Who commissions health care and gets copies, such as the integrated care board."""
    social_care: str = ""
    """Who gets copies for the authority's social care."""


NO_LETTER_SETTINGS = LetterSettings()
