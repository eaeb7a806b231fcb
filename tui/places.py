"""The screen class of each place."""

from typing import NamedTuple

from shared.places import PlaceKind


class Target(NamedTuple):
    """A screen's module and class, imported when the screen is first opened.

    `parameter` is the constructor argument that receives the id in the place.
    """

    module: str
    name: str
    parameter: str = ""
    options: tuple[tuple[str, object], ...] = ()


SCREENS: dict[PlaceKind, Target] = {
    PlaceKind.SIGN_IN: Target("tui.accounts.sign_in", "SignIn"),
    PlaceKind.REGISTER: Target("tui.accounts.register", "Register"),
    PlaceKind.ACTIVATE: Target("tui.accounts.activate", "Activate"),
    PlaceKind.FORGOTTEN: Target("tui.accounts.forgotten", "Forgotten"),
    PlaceKind.CODE: Target("tui.accounts.code", "EnterCode"),
    PlaceKind.HELP_AND_SUPPORT: Target("tui.accounts.help_and_support", "HelpAndSupport"),
    PlaceKind.ACCOUNT: Target("tui.accounts.my_account", "MyAccount"),
    PlaceKind.ACCOUNT_SECTION: Target("tui.accounts.my_account", "MyAccount", "section"),
    PlaceKind.HOME: Target("tui.home.screen", "Home"),
    PlaceKind.PEOPLE: Target("tui.people.select_person", "SelectPerson"),
    PlaceKind.NEW_PERSON: Target("tui.people.edit_person", "EditPerson"),
    PlaceKind.PERSON: Target("tui.cases.progress", "Progress", "person"),
    PlaceKind.EDIT_PERSON: Target("tui.people.edit_person", "EditPerson", "person"),
    PlaceKind.FORM: Target("tui.forms.editor", "FormEditor", "submission"),
    PlaceKind.CONTINUE_FORM: Target(
        "tui.forms.editor", "FormEditor", "submission", (("go_on", "go-on"),)
    ),
    PlaceKind.VERSIONS: Target("tui.forms.versions", "Versions", "submission"),
    PlaceKind.SHARING: Target("tui.forms.sharing", "Sharing", "submission"),
    PlaceKind.MESSAGES: Target("tui.messages.inbox", "Inbox"),
    PlaceKind.PERSON_MESSAGES: Target("tui.messages.inbox", "Inbox", "person"),
    PlaceKind.MESSAGE: Target("tui.messages.message", "ReadMessage", "message"),
    PlaceKind.CASES: Target("tui.desk.cases_list", "Cases"),
    PlaceKind.NEW_REQUEST: Target("tui.desk.paper", "EnterRequest"),
    PlaceKind.CASE: Target("tui.desk.case", "OpenCase", "case"),
    PlaceKind.ASK_FOR_ADVICE: Target("tui.desk.ask", "AskForAdvice", "case"),
    PlaceKind.MATCH: Target("tui.desk.match", "MatchChild", "case"),
    PlaceKind.PUBLISH: Target("tui.desk.publish", "PublishDocument", "case"),
    PlaceKind.SUPPORT: Target("tui.support.find_accounts", "SupportDesk"),
    PlaceKind.UNSENT_EMAILS: Target("tui.support.unsent_emails", "UnsentEmails"),
    PlaceKind.SUPPORT_ACCOUNT: Target("tui.support.account", "SupportAccount", "account"),
    PlaceKind.SUPPORT_REGISTRATION: Target(
        "tui.support.account", "WaitingRegistration", "registration"
    ),
    PlaceKind.DEMO_MAILBOX: Target("tui.messages.mailbox", "DemoMailbox"),
}
"""`SIGN_OUT` is missing because it has no screen: navigation signs out instead."""
