"""The screen of each place."""

from typing import NamedTuple

from shared.places import PlaceKind


class ScreenSpec(NamedTuple):
    """A screen's module and class, imported when the screen is first opened.

    `parameter` is the constructor parameter for the id in the place.
    """

    module: str
    class_name: str
    parameter: str = ""
    options: tuple[tuple[str, object], ...] = ()


SCREENS: dict[PlaceKind, ScreenSpec] = {
    PlaceKind.SIGN_IN: ScreenSpec("tui.accounts.sign_in", "SignIn"),
    PlaceKind.REGISTER: ScreenSpec("tui.accounts.register", "Register"),
    PlaceKind.ACTIVATE: ScreenSpec("tui.accounts.activate", "Activate"),
    PlaceKind.FORGOTTEN: ScreenSpec("tui.accounts.forgotten_password", "ForgottenPassword"),
    PlaceKind.CODE: ScreenSpec("tui.accounts.code", "EnterCode"),
    PlaceKind.HELP_AND_SUPPORT: ScreenSpec("tui.accounts.help_and_support", "HelpAndSupport"),
    PlaceKind.ACCOUNT: ScreenSpec("tui.accounts.my_account", "MyAccount"),
    PlaceKind.ACCOUNT_SECTION: ScreenSpec("tui.accounts.my_account", "MyAccount", "section"),
    PlaceKind.HOME: ScreenSpec("tui.home.screen", "Home"),
    PlaceKind.PEOPLE: ScreenSpec("tui.people.select_person", "SelectPerson"),
    PlaceKind.NEW_PERSON: ScreenSpec("tui.people.edit_person", "EditPerson"),
    PlaceKind.PERSON: ScreenSpec("tui.cases.progress", "Progress", "person"),
    PlaceKind.EDIT_PERSON: ScreenSpec("tui.people.edit_person", "EditPerson", "person"),
    PlaceKind.FORM: ScreenSpec("tui.forms.editor", "FormEditor", "submission"),
    PlaceKind.CONTINUE_FORM: ScreenSpec(
        "tui.forms.editor", "FormEditor", "submission", (("go_on", "go-on"),)
    ),
    PlaceKind.VERSIONS: ScreenSpec("tui.forms.versions", "Versions", "submission"),
    PlaceKind.SHARING: ScreenSpec("tui.forms.sharing", "Sharing", "submission"),
    PlaceKind.MESSAGES: ScreenSpec("tui.messages.inbox", "Inbox"),
    PlaceKind.PERSON_MESSAGES: ScreenSpec("tui.messages.inbox", "Inbox", "person"),
    PlaceKind.MESSAGE: ScreenSpec("tui.messages.message", "ReadMessage", "message"),
    PlaceKind.CASES: ScreenSpec("tui.desk.cases_list", "Cases"),
    PlaceKind.CASES_OF: ScreenSpec("tui.desk.cases_list", "Cases", "of"),
    PlaceKind.NEW_REQUEST: ScreenSpec("tui.desk.paper", "EnterRequest"),
    PlaceKind.OPEN_CASE: ScreenSpec("tui.desk.opening", "OpenCaseWithoutRequest"),
    PlaceKind.MEMBERSHIPS: ScreenSpec("tui.desk.memberships", "Memberships"),
    PlaceKind.CASE: ScreenSpec("tui.desk.case", "OpenCase", "case"),
    PlaceKind.ADVICE: ScreenSpec("tui.desk.advice", "CaseAdvice", "case"),
    PlaceKind.ASK_FOR_ADVICE: ScreenSpec("tui.desk.ask", "AskForAdvice", "case"),
    PlaceKind.MATCH: ScreenSpec("tui.desk.match", "MatchChild", "case"),
    PlaceKind.PUBLISH: ScreenSpec("tui.desk.publish", "PublishDocument", "case"),
    PlaceKind.KEEP_DOCUMENT: ScreenSpec("tui.desk.keep", "KeepDocument", "case"),
    PlaceKind.OFFICERS: ScreenSpec("tui.desk.officers", "Officers"),
    PlaceKind.CASEWORK: ScreenSpec("tui.casework.notes", "NotesAndTasks", "case"),
    PlaceKind.TASKS: ScreenSpec("tui.casework.tasks_list", "Tasks"),
    PlaceKind.DIARY: ScreenSpec("tui.casework.diary", "Diary"),
    PlaceKind.PANELS: ScreenSpec("tui.casework.panels_list", "Panels"),
    PlaceKind.PANEL: ScreenSpec("tui.casework.panel", "OpenPanel", "panel"),
    PlaceKind.FIGURES: ScreenSpec("tui.figures.figures", "CaseloadFigures"),
    PlaceKind.PLACEMENTS: ScreenSpec("tui.placements.placements", "Placements", "case"),
    PlaceKind.CONSULT: ScreenSpec("tui.placements.consult", "ConsultSettings", "case"),
    PlaceKind.SEN2_DETAILS: ScreenSpec("tui.placements.sen2", "Sen2Details", "case"),
    PlaceKind.LETTERS: ScreenSpec("tui.letters.letters", "CaseLetters", "case"),
    PlaceKind.LETTER: ScreenSpec("tui.letters.write", "WriteLetter", "letter"),
    PlaceKind.CONSULTATION_LETTER: ScreenSpec("tui.letters.write", "WriteLetter", "consultation"),
    PlaceKind.ADVICE_LETTER: ScreenSpec("tui.letters.write", "WriteLetter", "advice"),
    PlaceKind.STAFF: ScreenSpec("tui.desk.staff", "StaffAccounts"),
    PlaceKind.NEW_STAFF: ScreenSpec("tui.desk.staff", "AddStaff"),
    PlaceKind.SUPPORT: ScreenSpec("tui.support.find_accounts", "SupportDesk"),
    PlaceKind.UNSENT_EMAILS: ScreenSpec("tui.support.unsent_emails", "UnsentEmails"),
    PlaceKind.SUPPORT_ACCOUNT: ScreenSpec("tui.support.account", "SupportAccount", "account"),
    PlaceKind.SUPPORT_REGISTRATION: ScreenSpec(
        "tui.support.account", "WaitingRegistration", "registration"
    ),
    PlaceKind.DEMO_MAILBOX: ScreenSpec("tui.messages.mailbox", "DemoMailbox"),
}
"""`SIGN_OUT` has no screen; navigation signs the user out instead."""
