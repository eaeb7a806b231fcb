"""Wire types of accounts: registration, sign-in, two-step verification and work details."""

import unicodedata
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from shared.values.identifiers import normalise_postcode
from shared.values.lines import MAX_LINE_LENGTH, SafeLine, SafeLinesModel

PASSWORD_MIN = 12
PASSWORD_MAX = 128
CODE_LENGTH = 6
CODE_MINUTES = 10
RESEND_SECONDS = 30

Line = Annotated[str, Field(min_length=1, max_length=MAX_LINE_LENGTH)]
Text = Annotated[str, Field(max_length=MAX_LINE_LENGTH)]
Email = Annotated[str, Field(min_length=3, max_length=254)]
DeviceToken = Annotated[str, Field(pattern=r"^([A-Za-z0-9_-]{43})?$")]
"""256 random bits, URL-safe, made by the client; empty if it has none."""
Password = Annotated[str, Field(min_length=1, max_length=1000)]
"""A new password; its length is counted after `normalise_password`."""


def normalise_password(password: str) -> str:
    """Return a password in NFKC, so that every keyboard types the same one."""
    return unicodedata.normalize("NFKC", password)


class ProfessionalRole(StrEnum):
    """Professional roles in EHC needs assessments."""

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


_HEALTH, _SOCIAL_CARE = "health-advice", "social-care-advice"
ADVICE_FORMS: dict[str, str] = {
    ROLE_LABELS[ProfessionalRole.EDUCATIONAL_PSYCHOLOGIST]: "psychological-advice",
    ROLE_LABELS[ProfessionalRole.SPEECH_THERAPIST]: _HEALTH,
    ROLE_LABELS[ProfessionalRole.OCCUPATIONAL_THERAPIST]: _HEALTH,
    ROLE_LABELS[ProfessionalRole.PHYSIOTHERAPIST]: _HEALTH,
    ROLE_LABELS[ProfessionalRole.PAEDIATRICIAN]: _HEALTH,
    ROLE_LABELS[ProfessionalRole.CAMHS]: _HEALTH,
    ROLE_LABELS[ProfessionalRole.HEALTH_VISITOR]: _HEALTH,
    ROLE_LABELS[ProfessionalRole.SOCIAL_WORKER]: _SOCIAL_CARE,
    ROLE_LABELS[ProfessionalRole.EARLY_HELP]: _SOCIAL_CARE,
    ROLE_LABELS[ProfessionalRole.YOUTH_JUSTICE]: _SOCIAL_CARE,
}
"""The form of advice by the label of a role; other roles give educational advice."""


class AboutYou(BaseModel):
    """Personal details of a professional."""

    title: Annotated[str, Field(max_length=20)] = ""
    first_name: Line
    last_name: Line
    phone: Line


class AboutYouOut(SafeLinesModel, AboutYou):
    """Stored personal details of a professional; a provider may not know all of them."""

    last_name: Text
    phone: Text


class WorkDetailsIn(BaseModel):
    """A professional role and its workplace; `role_other` names an unlisted role."""

    role: ProfessionalRole
    role_other: Text = ""
    organisation: Line
    address: Line
    postcode: Annotated[Line, AfterValidator(normalise_postcode)]
    work_phone: Line
    mobile: Text = ""


class WorkDetails(SafeLinesModel, WorkDetailsIn):
    """Stored work details, shown as a card in step 1 of a form."""

    id: UUID
    version: int = 1

    @property
    def role_label(self) -> str:
        """The name of the role, as shown to users."""
        if self.role is ProfessionalRole.OTHER and self.role_other:
            return self.role_other
        return ROLE_LABELS[self.role]


class WorkplaceIn(WorkDetailsIn):
    """Work details to be saved; `organisation_id` is the organisation chosen from the list."""

    organisation_id: UUID | None = None


class OwnWorkDetails(WorkDetails):
    """Work details with the state of the membership: nothing is shared until it is confirmed."""

    organisation_id: UUID | None = None
    confirmed: bool = False
    refused: bool = False

    @property
    def organisation_label(self) -> str:
        """The organisation, marked if the membership is not confirmed."""
        return self.organisation if self.confirmed else f"{self.organisation} (not confirmed)"


class RegistrationIn(BaseModel):
    """A registration, unusable until activated; `id` is generated by the client."""

    id: UUID
    email: Email
    password: Password
    about: AboutYou
    work: WorkplaceIn
    notice_accepted: Literal[True]


class RegistrationOut(BaseModel):
    """The response to a registration; the same whether or not the email is known."""

    email: str
    sent_at: datetime


class LinkIn(BaseModel):
    """The token of an emailed link, or the whole link as pasted."""

    token: Annotated[str, Field(min_length=1, max_length=2000)]


class SignInIn(BaseModel):
    """Credentials; `device` names the machine for 'Where I am signed in'.

    `device_token` is random, and shows that this device signed in before. `id` is that of the new
    session: a repeat with the same one within two minutes starts no second session.
    """

    id: UUID | None = None
    email: Email
    password: Annotated[str, Field(min_length=1, max_length=1000)]
    device: Text = ""
    device_token: DeviceToken = ""


class SecondStep(StrEnum):
    """The method of two-step verification."""

    NONE = "none"
    EMAIL = "email"
    APP = "app"
    PROVIDER = "provider"
    """The account signs in by a provider, which has its own second step."""


class Staff(StrEnum):
    """The role of a staff account: officers work on cases, support manages accounts."""

    OFFICER = "officer"
    SUPPORT = "support"


class SessionState(StrEnum):
    """The state of a session; a code is required until it is verified."""

    CODE_REQUIRED = "code_required"
    SIGNED_IN = "signed_in"


class SessionOut(BaseModel):
    """A session; `token` is included only when the session is created."""

    token: str | None = None
    state: SessionState
    second_step: SecondStep
    code_sent_at: datetime | None = None
    code_sent_to: str | None = None
    idle_minutes: int
    ends_at: datetime
    account: "AccountOut | None" = None


class AccountOut(BaseModel):
    """The signed-in account."""

    id: UUID
    email: str
    about: AboutYouOut
    second_step: SecondStep
    staff: Staff | None = None
    may_manage_staff: bool = False
    recovery_codes_left: int = 0
    work_details: list[OwnWorkDetails] = []


class EmailChangeIn(BaseModel):
    """Ask for another email of the account; the response is the same for every address."""

    email: Email


class EmailChangeOut(BaseModel):
    """The new address, to which an email was sent."""

    email: str
    sent_at: datetime


class UnfinishedFormOut(BaseModel):
    """A form that the owner of an account has not finished; names no child."""

    id: UUID
    title: str
    started_on: date


class CodeIn(BaseModel):
    """A 6-digit verification code, or a recovery code."""

    code: Annotated[str, Field(min_length=1, max_length=40)]
    device_token: DeviceToken = ""


class CodeSent(BaseModel):
    """The time and address of the newest verification code."""

    sent_at: datetime
    sent_to: str


class ForgottenPasswordIn(BaseModel):
    """Request a reset link; the response is the same for every email."""

    email: Email


class ResetIn(BaseModel):
    """Set a new password with the token of a reset link."""

    token: Annotated[str, Field(min_length=1, max_length=2000)]
    password: Password


class PasswordChange(BaseModel):
    """Change the password of a signed-in account and end its other sessions."""

    current: Annotated[str, Field(min_length=1, max_length=1000)]
    new: Password


class SecondStepIn(BaseModel):
    """Set the second step; an authenticator app needs a code to confirm its set-up."""

    method: SecondStep
    code: Annotated[str, Field(max_length=10)] = ""


class AppSecret(BaseModel):
    """The secret of an authenticator app and its otpauth URI, shown once."""

    secret: str
    uri: str


class SecondStepOut(BaseModel):
    """New recovery codes after setting the second step, which ends all sessions."""

    second_step: SecondStep
    recovery_codes: list[str]


class SessionRow(BaseModel):
    """One row of 'Where I am signed in'."""

    id: UUID
    device: SafeLine
    address: str
    signed_in_at: datetime
    last_used_at: datetime
    current: bool


class PortalInfo(BaseModel):
    """The portal's name, texts and version, which a client reads first."""

    council: str
    portal_name: str
    welcome: str
    contact_email: str
    contact_staff: str
    data_notice: str
    version: str
    oldest_client: str
    recommended_client: str | None = None
    ssh_address: str = ""
    """The address and port of the SSH server, or '' if there is none."""
    providers: list["SignInProvider"] = []
    sends_mail: bool = True
    """False if the portal sends no email, so that no text promises one."""
    demo: bool
    demo_accounts: list["DemoAccount"] = []


class SignInProvider(BaseModel):
    """A directory by which people can sign in, such as Microsoft or DfE Sign-in."""

    name: str
    label: str


class ProviderSignInIn(BaseModel):
    """Begin signing in by a provider; `id` is generated by the client."""

    id: UUID
    provider: Annotated[str, Field(max_length=40)]
    device: Text = ""


class ProviderSignInState(StrEnum):
    """How far a sign-in by a provider has come."""

    WAITING = "waiting"
    NUMBER_SHOWN = "number_shown"
    FAILED = "failed"


class ProviderSignInOut(BaseModel):
    """A sign-in by a provider: its short URL, and why it failed if it did."""

    url: str
    state: ProviderSignInState
    failure: str = ""


class NumberIn(BaseModel):
    """The number that the browser shows after the provider's sign-in."""

    number: Annotated[str, Field(min_length=1, max_length=40)]


class DemoAccount(BaseModel):
    """An account of the demo, listed on its sign-in screen."""

    name: str
    role: str
    email: str
    password: str


class DemoMail(BaseModel):
    """An email in the demo mailbox; `yours` if it is addressed to the actor."""

    to: str
    subject: str
    body: str
    sent_at: datetime
    yours: bool = False
