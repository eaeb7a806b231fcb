"""Accounts: registration, signing in, the second step, work details and sessions."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from shared.values.identifiers import normal_postcode

PASSWORD_MIN = 12
PASSWORD_MAX = 128
CODE_LENGTH = 6
CODE_MINUTES = 10
RESEND_SECONDS = 30

Line = Annotated[str, Field(min_length=1, max_length=200)]
Email = Annotated[str, Field(min_length=3, max_length=254)]
Password = Annotated[str, Field(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX)]


class ProfessionalRole(StrEnum):
    """The professions that work with the authority on EHC needs assessments."""

    SENCO = "senco"
    HEAD = "head"
    EARLY_YEARS = "early_years"
    POST_16 = "post_16"
    EDUCATIONAL_PSYCHOLOGIST = "educational_psychologist"
    SPECIALIST_TEACHER = "specialist_teacher"
    SPEECH_THERAPIST = "speech_therapist"
    OCCUPATIONAL_THERAPIST = "occupational_therapist"
    PHYSIOTHERAPIST = "physiotherapist"
    PAEDIATRICIAN = "paediatrician"
    CAMHS = "camhs"
    HEALTH_VISITOR = "health_visitor"
    SOCIAL_WORKER = "social_worker"
    EARLY_HELP = "early_help"
    YOUTH_JUSTICE = "youth_justice"
    OTHER = "other"


ROLE_LABELS: dict[ProfessionalRole, str] = {
    ProfessionalRole.SENCO: "SEN Co-ordinator",
    ProfessionalRole.HEAD: "Head teacher or principal",
    ProfessionalRole.EARLY_YEARS: "Early years provider",
    ProfessionalRole.POST_16: "Post-16 tutor or learning support lead",
    ProfessionalRole.EDUCATIONAL_PSYCHOLOGIST: "Educational psychologist",
    ProfessionalRole.SPECIALIST_TEACHER: "Specialist teacher (HI, VI or MSI)",
    ProfessionalRole.SPEECH_THERAPIST: "Speech and language therapist",
    ProfessionalRole.OCCUPATIONAL_THERAPIST: "Occupational therapist",
    ProfessionalRole.PHYSIOTHERAPIST: "Physiotherapist",
    ProfessionalRole.PAEDIATRICIAN: "Paediatrician or doctor",
    ProfessionalRole.CAMHS: "CAMHS clinician",
    ProfessionalRole.HEALTH_VISITOR: "Health visitor or school nurse",
    ProfessionalRole.SOCIAL_WORKER: "Social worker",
    ProfessionalRole.EARLY_HELP: "Early help worker",
    ProfessionalRole.YOUTH_JUSTICE: "Youth justice worker",
    ProfessionalRole.OTHER: "Other",
}


class AboutYou(BaseModel):
    """Who the professional is."""

    title: Annotated[str, Field(max_length=20)] = ""
    first_name: Line
    last_name: Line
    phone: Line


class WorkDetailsIn(BaseModel):
    """One professional role and where it is worked; `role_other` names a role not listed."""

    role: ProfessionalRole
    role_other: Annotated[str, Field(max_length=200)] = ""
    organisation: Line
    address: Line
    postcode: Annotated[Line, AfterValidator(normal_postcode)]
    work_phone: Line
    mobile: Annotated[str, Field(max_length=200)] = ""


class WorkDetails(WorkDetailsIn):
    """Work details as kept: the card that step 1 of a form shows."""

    id: UUID
    version: int = 1

    @property
    def role_label(self) -> str:
        """Name the role in words, as the card and the summary do."""
        if self.role is ProfessionalRole.OTHER and self.role_other:
            return self.role_other
        return ROLE_LABELS[self.role]


class RegistrationIn(BaseModel):
    """Register under an id that the client mints; nothing is usable until activated."""

    id: UUID
    email: Email
    password: Password
    about: AboutYou
    work: WorkDetailsIn
    notice_accepted: Literal[True]


class RegistrationOut(BaseModel):
    """What is answered for a known and an unknown email alike."""

    email: str
    sent_at: datetime


class LinkIn(BaseModel):
    """The code of an emailed link, or the whole link, pasted into the terminal."""

    token: Annotated[str, Field(min_length=1, max_length=2000)]


class SignInIn(BaseModel):
    """Email and password; `device` names the machine for 'Where I am signed in'."""

    email: Email
    password: Annotated[str, Field(min_length=1, max_length=1000)]
    device: Annotated[str, Field(max_length=200)] = ""


class SecondStep(StrEnum):
    """How the second step of signing in is made."""

    NONE = "none"
    EMAIL = "email"
    APP = "app"


class Staff(StrEnum):
    """The authority's own accounts: officers work on cases, support helps accounts."""

    OFFICER = "officer"
    SUPPORT = "support"


class SessionState(StrEnum):
    """A session is half signed in until its code is verified."""

    CODE_REQUIRED = "code_required"
    SIGNED_IN = "signed_in"


class SessionOut(BaseModel):
    """The session a bearer token stands for; `token` is given only when it is minted."""

    token: str | None = None
    state: SessionState
    second_step: SecondStep
    code_sent_at: datetime | None = None
    code_sent_to: str | None = None
    idle_minutes: int
    ends_at: datetime
    account: "AccountOut | None" = None


class AccountOut(BaseModel):
    """The signed-in professional as My Account and Home show them."""

    id: UUID
    email: str
    about: AboutYou
    second_step: SecondStep
    staff: Staff | None = None
    recovery_codes_left: int = 0
    work_details: list[WorkDetails] = []


class CodeIn(BaseModel):
    """A verification code: 6 digits, or a recovery code."""

    code: Annotated[str, Field(min_length=1, max_length=40)]


class CodeSent(BaseModel):
    """When the newest code was sent, and to which address."""

    sent_at: datetime
    sent_to: str


class ForgottenIn(BaseModel):
    """Ask for a reset link; the answer is the same for every address."""

    email: Email


class ResetIn(BaseModel):
    """Set a new password with the code of a reset link."""

    token: Annotated[str, Field(min_length=1, max_length=2000)]
    password: Password


class PasswordChange(BaseModel):
    """Change the password of a signed-in account; its other sessions end."""

    current: Annotated[str, Field(min_length=1, max_length=1000)]
    new: Password


class SecondStepIn(BaseModel):
    """Choose the preferred method; for the app with a code that proves it is set up."""

    method: SecondStep
    code: Annotated[str, Field(max_length=10)] = ""


class AppSecret(BaseModel):
    """The secret of an authenticator app, shown once, with its otpauth address."""

    secret: str
    uri: str


class SecondStepSet(BaseModel):
    """What setting the second step answers: new recovery codes; every session has ended."""

    second_step: SecondStep
    recovery_codes: list[str]


class SessionRow(BaseModel):
    """One row of 'Where I am signed in'."""

    id: UUID
    device: str
    address: str
    signed_in_at: datetime
    last_used_at: datetime
    current: bool


class PortalInfo(BaseModel):
    """What the client asks first: who serves, with which words, and which version."""

    council: str
    portal_name: str
    welcome: str
    contact_email: str
    contact_staff: str
    data_notice: str
    version: str
    oldest_client: str
    demo: bool
    demo_accounts: list["DemoAccount"] = []


class DemoAccount(BaseModel):
    """An account of the demo, listed on its sign-in screen."""

    name: str
    role: str
    email: str
    password: str


class DemoMail(BaseModel):
    """A mail in the mailbox that only the demo has; `yours` is one to who is signing in."""

    to: str
    subject: str
    body: str
    sent_at: datetime
    yours: bool = False
