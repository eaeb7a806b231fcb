"""Which screen each place is."""

PLACES: dict[str, str] = {
    "sign-in": "tui.accounts.sign_in:SignIn",
    "register": "tui.accounts.register:Register",
    "activate": "tui.accounts.activate:Activate",
    "forgotten": "tui.accounts.forgotten:Forgotten",
    "code": "tui.accounts.code:EnterCode",
    "help-and-support": "tui.accounts.help_and_support:HelpAndSupport",
    "account": "tui.accounts.my_account:MyAccount",
    "account/(?P<section>[a-z-]+)": "tui.accounts.my_account:MyAccount",
    "support": "tui.support.find_accounts:SupportDesk",
    "support/mails": "tui.support.unsent_mails:UnsentMails",
    "support/accounts/(?P<account>[0-9a-f-]{36})": "tui.support.account:SupportAccount",
    "support/registrations/(?P<registration>[0-9a-f-]{36})": (
        "tui.support.account:WaitingRegistration"
    ),
    "mailbox": "tui.messages.mailbox:DemoMailbox",
    "home": "tui.home:Home",
    "people": "tui.people.select_person:SelectPerson",
    "people/new": "tui.people.edit_person:EditPerson",
    "people/(?P<person>[0-9a-f-]{36})": "tui.cases.progress:Progress",
    "people/(?P<person>[0-9a-f-]{36})/edit": "tui.people.edit_person:EditPerson",
    "cases": "tui.desk.cases_list:Cases",
    "cases/new": "tui.desk.paper:EnterRequest",
    "cases/(?P<case>[0-9a-f-]{36})": "tui.desk.case:OpenCase",
    "cases/(?P<case>[0-9a-f-]{36})/advice": "tui.desk.ask:AskForAdvice",
    "cases/(?P<case>[0-9a-f-]{36})/match": "tui.desk.match:MatchChild",
    "cases/(?P<case>[0-9a-f-]{36})/publish": "tui.desk.publish:PublishDocument",
    "forms/(?P<submission>[0-9a-f-]{36})(?P<go_on>/go-on)?": "tui.forms.editor:FormEditor",
    "forms/(?P<submission>[0-9a-f-]{36})/versions": "tui.forms.versions:Versions",
    "forms/(?P<submission>[0-9a-f-]{36})/sharing": "tui.forms.sharing:Sharing",
    "messages": "tui.messages.inbox:Inbox",
    "messages/(?P<message>[0-9a-f-]{36})": "tui.messages.message:ReadMessage",
}
"""Each place's pattern and its screen, imported when it is first opened."""
