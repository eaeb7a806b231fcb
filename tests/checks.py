"""The portal's requirements as numbered checks, each with the tests that cover it.

Tests are named as file::function, relative to tests/. Where a check has several tests, each covers
a part of it. `python -m tests.checks > docs/checks.md` writes the page.
"""

from collections.abc import Iterator
from typing import NamedTuple

from tests.named_tests import render_tests


class Check(NamedTuple):
    """A requirement of the portal and the tests that cover it."""

    description: str
    tests: tuple[str, ...]


SIGN_IN = "tui/accounts/test_sign_in.py"
REGISTER = "tui/accounts/test_register.py"
TWO_STEP = "tui/accounts/test_two_step.py"
ACCOUNT = "tui/accounts/test_my_account.py"
HOME = "tui/home/test_home.py"
PEOPLE = "tui/people/test_select_person.py"
PERSON = "tui/people/test_edit_person.py"
PROGRESS = "tui/cases/test_progress.py"
PARENT = "tui/cases/test_parent_request.py"
EDITOR = "tui/forms/test_editor.py"
FORM = "tui/forms/test_request_form.py"
UPLOAD = "tui/documents/test_upload_row.py"
PICKER = "tui/documents/test_picker.py"
SUBMITTING = "server/forms/test_submitting.py"

SIGN_IN_WELCOME = f"{SIGN_IN}::test_sign_in_welcomes_and_links_to_registration"
EMAIL_CODE = f"{SIGN_IN}::test_email_code_is_required_and_verified"
PASSWORD_ONLY = f"{SIGN_IN}::test_sign_in_without_second_step_stores_session_in_keychain"
REGISTRATION_TABS = f"{REGISTER}::test_next_moves_through_the_three_tabs"
SECURITY_ERRORS = f"{REGISTER}::test_invalid_email_or_password_shows_an_error"
REGISTRATION = f"{REGISTER}::test_register_activate_and_sign_in"
RED_STAR = f"{REGISTER}::test_security_fields_have_a_red_star"
TWO_STEP_ENABLED = f"{TWO_STEP}::test_enabling_email_codes_signs_out"
SECTIONS = f"{ACCOUNT}::test_account_sections_are_listed"
HOME_SERVICES = f"{HOME}::test_home_shows_welcome_and_both_services"
CHILD_LIST = f"{PEOPLE}::test_list_shows_only_my_children"
LIST_HELP = f"{PEOPLE}::test_list_is_explained_and_starts_with_active_children"
LIST_FILTER = f"{PEOPLE}::test_filter_matches_while_typing_and_enter_opens_the_child"
HIDE_CHILD = f"{PEOPLE}::test_hidden_child_leaves_the_active_list_and_can_be_shown_again"
ADD_CHILD = f"{PERSON}::test_added_child_opens_its_progress_page"
NEW_CHILD_PAGE = f"{PROGRESS}::test_new_child_page_shows_forms_to_start"
JOURNEY = "journeys/test_request.py::test_journey_from_registration_to_second_version"
ACTIVATION_PAGE = (
    "journeys/test_pages.py::test_opening_link_keeps_it_valid_and_button_activates_once"
)
SELECT_ROLE = f"{EDITOR}::test_role_is_selected_and_saved"
ROLE_CARDS = f"{FORM}::test_step_one_shows_a_card_for_each_role"
STEP_NAVIGATION = f"{FORM}::test_each_step_opens_by_click_and_back_returns"
DOCUMENT_ENTRY = f"{FORM}::test_document_entry_warns_about_file_not_uploaded"
CONTACT_FIELDS = f"{FORM}::test_contact_has_name_details_and_date"
SUMMARY = f"{FORM}::test_summary_links_to_answers_and_ends_with_agreements"
LONG_ANSWER = f"{EDITOR}::test_answer_over_the_limit_is_kept_and_rejected_at_submit"
ENTRIES = f"{EDITOR}::test_entries_are_numbered_added_and_removed"
SUBMIT_FORM = f"{EDITOR}::test_form_is_submitted_from_the_summary"
UPLOAD_AGREEMENT = "tui/forms/test_uploads.py::test_confirming_first_upload_covers_further_files"
EXIT_WARNING = "tui/forms/test_uploads.py::test_every_exit_warns_about_file_not_uploaded"
UPLOAD_FILE = f"{UPLOAD}::test_file_is_chosen_and_uploaded"
FILE_REJECTED = f"{UPLOAD}::test_unsuitable_file_is_not_sent"
REQUEST_STEPS = "shared/forms/test_catalogue.py::test_request_has_eight_steps_in_order"

ADVICE_JOURNEY = "journeys/test_advice.py::test_journey_from_request_to_plan_and_review"
ADVICE_REQUEST = "server/desk/test_advice.py::test_request_notifies_professional_and_lists_the_form"
ADVICE_HIDDEN = "server/desk/test_advice.py::test_advice_is_hidden_from_other_professionals"
INBOX = "tui/messages/test_inbox.py::test_inbox_shows_subject_time_and_unread_state"
MESSAGE_LINK = "tui/forms/test_advice_form.py::test_message_link_opens_the_form_and_esc_returns"
ADVICE_CONFIRMATION = (
    "tui/forms/test_advice_form.py::test_confirmation_names_the_advice_and_finish_opens_the_child"
)
ADVICE_STEPS = "shared/forms/test_catalogue.py::test_educational_advice_has_eight_steps_in_order"
ADVICE_EVIDENCE = (
    "shared/forms/test_catalogue.py::test_advice_is_due_in_six_weeks_and_never_requires_evidence"
)
SHARED_DECLARATIONS = "shared/forms/test_catalogue.py::test_every_form_has_the_same_declarations"

CHECKS: dict[str, Check] = {
    # Access
    "S1": Check("The portal's title, with the council named", (SIGN_IN_WELCOME,)),
    "S2": Check("Signed-out users can go to Home, Sign in and Register", (SIGN_IN_WELCOME,)),
    "S3": Check("Welcome to the Leicester City SEND Professional Portal", (SIGN_IN_WELCOME,)),
    "S4": Check(
        "The page says what professionals do here and can read immediately", (SIGN_IN_WELCOME,)
    ),
    "S5": Check("Don't have an account? Please register", (SIGN_IN_WELCOME,)),
    "S6": Check("Links to Register above the form and at the top right", (SIGN_IN_WELCOME,)),
    "S7": Check("An email address field with an example in it", (SIGN_IN_WELCOME,)),
    "S8": Check("The password is masked", (f"{SIGN_IN}::test_password_is_hidden_until_shown",)),
    "S9": Check("Show shows and hides it", (f"{SIGN_IN}::test_password_is_hidden_until_shown",)),
    "S10": Check(
        "Forgot your password? sets a new one",
        (
            f"{REGISTER}::test_forgotten_password_can_be_reset",
            "journeys/test_pages.py::test_new_password_replaces_the_old_one",
        ),
    ),
    "S11": Check("Sign in signs in", (PASSWORD_ONLY, JOURNEY)),
    "S12": Check(
        "Existing accounts keep working unchanged",
        (PASSWORD_ONLY, "server/core/test_passwords.py::test_cheaper_hash_is_upgraded"),
    ),
    "S13": Check(
        "A valid email address is required",
        (SECURITY_ERRORS, f"{SIGN_IN}::test_missing_email_is_reported_at_field_and_in_summary"),
    ),
    # Registration
    "S14": Check("The heading Registration, and a text that introduces it", (REGISTRATION_TABS,)),
    "S15": Check("Each field has help", (f"{REGISTER}::test_every_field_has_help",)),
    "S16": Check("Three tabs: Security Details, About you, Work Details", (REGISTRATION_TABS,)),
    "S17": Check("Security Details is the first tab", (REGISTRATION_TABS,)),
    "S18": Check("Its four fields have a star", (REGISTRATION_TABS,)),
    "S19": Check("Required is marked by a red star", (RED_STAR,)),
    "S20": Check("Next moves on", (REGISTRATION_TABS,)),
    "S21": Check("Submit creates the account", (REGISTRATION,)),
    "S22": Check("Email addresses that differ are rejected", (SECURITY_ERRORS,)),
    "S23": Check("Passwords that differ are rejected", (SECURITY_ERRORS,)),
    "S24": Check("The page says that an activation link was emailed", (REGISTRATION,)),
    "S25": Check(
        "Before activation the account cannot be used",
        (f"{REGISTER}::test_inactive_account_cannot_sign_in", ACTIVATION_PAGE),
    ),
    "S26": Check("The email address is the user name", (REGISTRATION,)),
    "S27": Check("A hint to check Spam and Junk", (REGISTRATION,)),
    "S28": Check("Contact us", (REGISTRATION,)),
    "S29": Check("The link opens a page that says it worked", (ACTIVATION_PAGE, REGISTRATION)),
    "S30": Check("That page leads to Sign in", (REGISTRATION,)),
    # Two step verification
    "S31": Check(
        "The SEND section is unavailable until it is enabled",
        (
            f"{HOME}::test_services_require_two_step_verification",
            "server/accounts/test_second_step_set.py::"
            "test_children_are_inaccessible_without_a_second_step",
        ),
    ),
    "S32": Check("My Account", (SECTIONS,)),
    "S33": Check("Its menu on the left has Two step verification", (SECTIONS,)),
    "S34": Check("A choice of preferred method, including Email", (TWO_STEP_ENABLED, JOURNEY)),
    "S35": Check("Save", (TWO_STEP_ENABLED,)),
    "S36": Check("Save signs out and returns to Sign in", (TWO_STEP_ENABLED,)),
    "S37": Check("The next sign-in emails a code", (TWO_STEP_ENABLED, JOURNEY)),
    "S38": Check("Verify accepts the code", (EMAIL_CODE,)),
    "S39": Check("A wrong code is rejected", (EMAIL_CODE,)),
    "S40": Check("A code is asked for at every sign-in", (TWO_STEP_ENABLED,)),
    "S41": Check("The page says that the code may take a few moments to arrive", (EMAIL_CODE,)),
    # Home
    "S42": Check("Users can go to Home, My Account and Sign Out", (HOME_SERVICES,)),
    "S43": Check("Two lines explain the choices", (HOME_SERVICES,)),
    "S44": Check("A button: Special Educational Needs and Disabilities", (HOME_SERVICES,)),
    "S45": Check("A button: Messages", (HOME_SERVICES,)),
    "S46": Check("How many messages are unread", (HOME_SERVICES,)),
    # Select Person
    "S47": Check("Its title, and who is on the list", (LIST_HELP,)),
    "S48": Check("Person Filter finds by name", (LIST_FILTER,)),
    "S49": Check("A list of views, Active at first", (LIST_HELP, HIDE_CHILD)),
    "S50": Check("+ Add child / young person", (LIST_HELP, ADD_CHILD)),
    "S51": Check("Hide Person", (LIST_HELP, HIDE_CHILD)),
    "S52": Check(
        "Delete Person",
        (
            LIST_HELP,
            f"{PEOPLE}::test_deleting_lists_what_will_be_deleted_and_needs_confirmation",
        ),
    ),
    "S53": Check("How many records were found", (CHILD_LIST, LIST_FILTER)),
    "S54": Check("Columns Name, Date of Birth, Address, School, Select", (CHILD_LIST,)),
    "S55": Check("Names as Surname, First; dates as dd/mm/yyyy", (CHILD_LIST,)),
    "S56": Check("Back", (LIST_HELP,)),
    "S57": Check(
        "The list holds children added earlier and those allocated by the authority",
        (CHILD_LIST, f"{PEOPLE}::test_allocated_child_is_on_my_list"),
    ),
    "S58": Check("Selecting a child opens their progress page", (LIST_FILTER,)),
    "S59": Check("Adding a child opens their progress page", (ADD_CHILD, JOURNEY)),
    # The progress page
    "S60": Check("The child's name as its heading", (NEW_CHILD_PAGE,)),
    "S61": Check("A search box", (f"{PROGRESS}::test_search_filters_forms",)),
    "S62": Check(
        "The stages Request, Assessment, EHC Plan, EHCP Reviews", (NEW_CHILD_PAGE, JOURNEY)
    ),
    "S63": Check(
        "The current stage of the case",
        (
            JOURNEY,
            "tui/cases/test_rows.py::test_stages_show_symbols_and_dates",
        ),
    ),
    "S64": Check("What happens now?, and for a request the six weeks", (JOURNEY,)),
    "S65": Check("Information we collect at this stage", (NEW_CHILD_PAGE,)),
    "S66": Check(
        "The Professional Request with Start",
        (NEW_CHILD_PAGE, f"{PROGRESS}::test_start_creates_a_form_and_opens_it"),
    ),
    "S67": Check("A parent's request can be read", (f"{PARENT}::test_parent_request_can_be_read",)),
    "S68": Check(
        "What was submitted: form, 'Submitted by you', the day",
        (JOURNEY, "tui/cases/test_rows.py::test_row_text_names_person_action_and_date"),
    ),
    "S69": Check("Edit", (JOURNEY,)),
    "S70": Check(
        "View details",
        (
            JOURNEY,
            "tui/forms/test_versions.py::test_newest_version_shows_what_changed",
        ),
    ),
    "S71": Check(
        "A new form can be started alongside it",
        (JOURNEY, f"{PROGRESS}::test_draft_can_be_continued_or_a_new_one_started"),
    ),
    "S72": Check(
        "Edit adds to a submitted request",
        (JOURNEY, f"{SUBMITTING}::test_edit_adds_a_second_version_and_keeps_the_first"),
    ),
    "S73": Check("SEND Home is added to the navigation", (NEW_CHILD_PAGE,)),
    # The request form
    "S74": Check("Eight steps, in order and with their names", (REQUEST_STEPS, STEP_NAVIGATION)),
    "S75": Check("A step bar with ticks at completed steps", (SELECT_ROLE,)),
    "S76": Check("Step 1 says where roles are added and changed", (ROLE_CARDS,)),
    "S77": Check("A card shows role, organisation, address, phone and mobile", (ROLE_CARDS,)),
    "S78": Check("Select confirms the role", (SELECT_ROLE, JOURNEY)),
    "S79": Check("Each of several roles has a card", (ROLE_CARDS,)),
    "S80": Check("A mobile number is optional", (SELECT_ROLE,)),
    "S81": Check("Save and continue saves and opens the next step", (SELECT_ROLE, JOURNEY)),
    "S82": Check("Back goes to the previous step", (STEP_NAVIGATION,)),
    "S83": Check("Steps can be clicked", (STEP_NAVIGATION,)),
    "S84": Check(
        "A long answer shows its limit of 30000 and the characters remaining",
        (LONG_ANSWER, JOURNEY),
    ),
    "S85": Check(
        "30,000 characters are accepted, 30,001 are rejected",
        (
            LONG_ANSWER,
            f"{SUBMITTING}::test_text_over_the_limit_is_saved_but_cannot_be_submitted",
            JOURNEY,
        ),
    ),
    "S86": Check("A choice of file description, 'Please select' at first", (DOCUMENT_ENTRY,)),
    "S87": Check("A second box for a description that is not listed", (DOCUMENT_ENTRY,)),
    "S88": Check(
        "Only .doc, .docx, .pdf, .png, .jpeg, .jpg and .bmp",
        (
            FILE_REJECTED,
            "shared/values/test_identifiers.py::test_file_is_checked_by_name_and_size_before_upload",
            "server/documents/test_types.py::test_content_of_another_type_is_rejected",
        ),
    ),
    "S89": Check(
        "10 MB at most", (FILE_REJECTED, f"{PICKER}::test_file_over_the_limit_is_rejected")
    ),
    "S90": Check(
        "Uploading confirms: no viruses, and consent for images", (DOCUMENT_ENTRY, EXIT_WARNING)
    ),
    "S91": Check(
        "Nothing is sent before Upload is pressed; the first upload of a step agrees for the rest",
        (UPLOAD_FILE, UPLOAD_AGREEMENT, JOURNEY),
    ),
    "S92": Check(
        "A warning about files that were chosen but not uploaded", (DOCUMENT_ENTRY, EXIT_WARNING)
    ),
    "S93": Check("No file chosen", (UPLOAD_FILE, DOCUMENT_ENTRY)),
    "S94": Check("Delete", (f"{UPLOAD}::test_file_is_removed_after_confirmation", ENTRIES)),
    "S95": Check("Name, type and size are shown after the upload", (UPLOAD_FILE,)),
    "S96": Check("Add More documents", (JOURNEY,)),
    "S97": Check("Step 7 asks for name, contact * and date", (CONTACT_FIELDS,)),
    "S98": Check("Dates as dd/mm/yyyy", (CONTACT_FIELDS,)),
    "S99": Check("Add More contacts", (ENTRIES,)),
    "S100": Check(
        "From 16, the young person's own contact is also required",
        (f"{FORM}::test_young_persons_contact_is_required_from_sixteen",),
    ),
    "S101": Check(
        "Step 8 shows every answer",
        (
            SUMMARY,
            "shared/forms/test_summary.py::test_summary_follows_the_form_and_shows_warnings",
        ),
    ),
    "S102": Check("Answers can be changed through Back and the steps", (STEP_NAVIGATION, SUMMARY)),
    "S103": Check("The declaration, and I agree", (SUMMARY,)),
    "S104": Check("The terms of sharing, and a second I agree", (SUMMARY,)),
    "S105": Check(
        "Submit is rejected without both",
        (f"{SUBMITTING}::test_both_declarations_are_required", SUBMIT_FORM),
    ),
    "S106": Check("Submit", (SUBMIT_FORM, JOURNEY)),
    "S107": Check(
        "Form Submitted, with thanks that name the form and the child", (SUBMIT_FORM, JOURNEY)
    ),
    "S108": Check("Finish opens the progress page", (SUBMIT_FORM, JOURNEY)),
    # Messages and advice
    "S109": Check(
        "A request for advice creates a message and an email", (ADVICE_JOURNEY, ADVICE_REQUEST)
    ),
    "S110": Check("The inbox lists subject and received, 06-Jun-2022 15:06", (INBOX,)),
    "S111": Check(
        "The subject: 'You are required to submit information'", (ADVICE_JOURNEY, ADVICE_REQUEST)
    ),
    "S112": Check("The message names the child and links the form", (ADVICE_JOURNEY, MESSAGE_LINK)),
    "S113": Check("The link opens the form; the message stays", (MESSAGE_LINK,)),
    "S114": Check(
        "Reading a message lowers the badge",
        (
            "tui/messages/test_message.py"
            "::test_reading_a_message_updates_the_badge_and_its_link_opens",
        ),
    ),
    "S115": Check("Eight advice steps, named as the guide has them", (ADVICE_STEPS,)),
    "S116": Check("Step 2 has its guidance and CYP's story (Education)", (ADVICE_STEPS,)),
    "S117": Check("Documents of advice have an optional free-text description", (ADVICE_EVIDENCE,)),
    "S118": Check(
        "The same limits, declarations and confirmation, naming Educational Advice",
        (ADVICE_JOURNEY, SHARED_DECLARATIONS, ADVICE_CONFIRMATION),
    ),
    "S119": Check("Only the requested professional can open the form", (ADVICE_HIDDEN,)),
    # Help
    "S120": Check(
        "Contacts for council staff and for everyone else",
        (f"{REGISTER}::test_help_and_support_shows_both_contacts",),
    ),
}

HEADINGS: dict[str, str] = {
    "S1": "Access",
    "S14": "Registration",
    "S31": "Two step verification",
    "S42": "Home",
    "S47": "Select Person",
    "S60": "The progress page",
    "S74": "The request form",
    "S109": "Messages and advice",
    "S120": "Help",
}
"""Section headings of the page, by the first check under each."""

INTRODUCTION = """# Checks

The portal's requirements and the tests that cover them. Where several tests are listed, each covers
a part of the check. `python -m tests.checks > docs/checks.md` generates this page; do not edit it
by hand."""


def render_page() -> str:
    """Render docs/checks.md."""
    return "\n".join([INTRODUCTION, *_render_lines(), ""])


def _render_lines() -> Iterator[str]:
    for number, check in CHECKS.items():
        if number in HEADINGS:
            yield from ("", f"## {HEADINGS[number]}", "", "| | Check | Tests |", "|---|---|---|")
        yield f"| {number} | {check.description} | {render_tests(check.tests)} |"


if __name__ == "__main__":
    print(render_page(), end="")
