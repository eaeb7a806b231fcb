"""What the portal must do, check by check, and the tests that cover each.

Tests are given as file::function, relative to tests/; each of several tests covers part of a check.
`python -m tests.checks > docs/checks.md` writes them as a page.
"""

from collections.abc import Iterator
from typing import NamedTuple


class Check(NamedTuple):
    """One thing that the portal must do, and the tests that cover it."""

    says: str
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

WELCOMES = f"{SIGN_IN}::test_sign_in_welcomes_and_links_to_registration"
BY_CODE = f"{SIGN_IN}::test_email_code_is_required_and_verified"
NO_SECOND_STEP = f"{SIGN_IN}::test_sign_in_without_second_step_stores_session_in_keychain"
REGISTRATION_TABS = f"{REGISTER}::test_next_moves_through_the_three_tabs"
WRONG_SECURITY = f"{REGISTER}::test_invalid_email_or_password_shows_an_error"
REGISTERING = f"{REGISTER}::test_register_activate_and_sign_in"
RED_STAR = f"{REGISTER}::test_security_fields_have_a_red_star"
SWITCHED_ON = f"{TWO_STEP}::test_enabling_email_codes_signs_out"
SECTIONS = f"{ACCOUNT}::test_account_sections_are_listed"
AT_HOME = f"{HOME}::test_home_shows_welcome_and_both_services"
CHILD_LIST = f"{PEOPLE}::test_list_shows_only_my_children"
LIST_EXPLAINED = f"{PEOPLE}::test_list_is_explained_and_starts_with_active_children"
LIST_FILTERED = f"{PEOPLE}::test_filter_matches_while_typing_and_enter_opens_the_child"
HIDING = f"{PEOPLE}::test_hidden_child_leaves_the_active_list_and_can_be_shown_again"
CHILD_ADDED = f"{PERSON}::test_added_child_opens_its_progress_page"
NEW_CHILD = f"{PROGRESS}::test_new_child_page_shows_forms_to_start"
JOURNEY = "journeys/test_request.py::test_journey_from_registration_to_second_version"
ACTIVATION_PAGE = (
    "journeys/test_pages.py::test_opening_link_keeps_it_valid_and_button_activates_once"
)
ROLE_SELECTED = f"{EDITOR}::test_role_is_selected_and_saved"
CARDS = f"{FORM}::test_step_one_shows_a_card_for_each_role"
STEPS_CLICKED = f"{FORM}::test_each_step_opens_by_click_and_back_returns"
DOCUMENT_ENTRY = f"{FORM}::test_document_entry_warns_about_file_not_uploaded"
CONTACT = f"{FORM}::test_contact_has_name_details_and_date"
SUMMARY = f"{FORM}::test_summary_links_to_answers_and_ends_with_agreements"
LONG_ANSWER = f"{EDITOR}::test_answer_over_the_limit_is_kept_and_rejected_at_submit"
ENTRIES = f"{EDITOR}::test_entries_are_numbered_added_and_removed"
CONFIRMED = f"{EDITOR}::test_form_is_submitted_from_the_summary"
AGREED = "tui/forms/test_uploads.py::test_confirming_first_upload_covers_further_files"
WAYS_OUT = "tui/forms/test_uploads.py::test_every_exit_warns_about_file_not_uploaded"
UPLOADED = f"{UPLOAD}::test_file_is_chosen_and_uploaded"
FILE_REFUSED = f"{UPLOAD}::test_unsuitable_file_is_not_sent"
REQUEST_STEPS = "shared/forms/test_catalogue.py::test_request_has_eight_steps_in_order"

ADVICE_JOURNEY = "journeys/test_advice.py::test_journey_from_request_to_plan_and_review"
ASKING = "server/desk/test_advice.py::test_request_notifies_professional_and_lists_the_form"
NOT_ASKED = (
    "server/desk/test_advice.py::test_advice_is_hidden_from_professionals_who_were_not_asked"
)
INBOX = "tui/messages/test_inbox.py::test_inbox_shows_subject_time_and_unread_state"
FROM_MESSAGE = "tui/forms/test_advice_form.py::test_message_link_opens_the_form_and_esc_returns"
ADVICE_CONFIRMED = (
    "tui/forms/test_advice_form.py::test_confirmation_names_the_advice_and_finish_opens_the_child"
)
ADVICE_STEPS = "shared/forms/test_catalogue.py::test_educational_advice_has_eight_steps_in_order"
ADVICE_NO_GATE = (
    "shared/forms/test_catalogue.py::test_advice_is_due_in_six_weeks_and_never_requires_evidence"
)
SAME_AGREEMENTS = "shared/forms/test_catalogue.py::test_every_form_has_the_same_declarations"

CHECKS: dict[str, Check] = {
    # Access
    "S1": Check("The portal's title, with the council named", (WELCOMES,)),
    "S2": Check("Signed out, one can go to Home, Sign in and Register", (WELCOMES,)),
    "S3": Check("Welcome to the Leicester City SEND Professional Portal", (WELCOMES,)),
    "S4": Check("It says what professionals do here and can read at once", (WELCOMES,)),
    "S5": Check("Don't have an account? Please register", (WELCOMES,)),
    "S6": Check("Register is reached above the form and at the top right", (WELCOMES,)),
    "S7": Check("An email address field with an example in it", (WELCOMES,)),
    "S8": Check("The password is masked", (f"{SIGN_IN}::test_password_is_hidden_until_shown",)),
    "S9": Check("Show shows and hides it", (f"{SIGN_IN}::test_password_is_hidden_until_shown",)),
    "S10": Check(
        "Forgot your password? sets a new one",
        (
            f"{REGISTER}::test_forgotten_password_can_be_reset",
            "journeys/test_pages.py::test_new_password_replaces_the_old_one",
        ),
    ),
    "S11": Check("Sign in signs in", (NO_SECOND_STEP, JOURNEY)),
    "S12": Check(
        "An account that is there already works unchanged",
        (NO_SECOND_STEP, "server/core/test_passwords.py::test_cheaper_hash_is_upgraded"),
    ),
    "S13": Check(
        "A valid email address is required",
        (WRONG_SECURITY, f"{SIGN_IN}::test_missing_email_is_reported_at_field_and_in_summary"),
    ),
    # Registration
    "S14": Check("The heading Registration, and a text that introduces it", (REGISTRATION_TABS,)),
    "S15": Check("Help for each field", (f"{REGISTER}::test_every_field_has_help",)),
    "S16": Check("Three tabs: Security Details, About you, Work Details", (REGISTRATION_TABS,)),
    "S17": Check("Security Details is the first", (REGISTRATION_TABS,)),
    "S18": Check("Its four fields have a star", (REGISTRATION_TABS,)),
    "S19": Check("Required is marked by a red star", (RED_STAR,)),
    "S20": Check("Next moves on", (REGISTRATION_TABS,)),
    "S21": Check("Submit creates the account", (REGISTERING,)),
    "S22": Check("Two different email addresses are refused", (WRONG_SECURITY,)),
    "S23": Check("Two different passwords are refused", (WRONG_SECURITY,)),
    "S24": Check("It says that a link to activate was emailed", (REGISTERING,)),
    "S25": Check(
        "Before that the account can't be used",
        (f"{REGISTER}::test_inactive_account_cannot_sign_in", ACTIVATION_PAGE),
    ),
    "S26": Check("The email address is the user name", (REGISTERING,)),
    "S27": Check("A hint at Spam and Junk", (REGISTERING,)),
    "S28": Check("Contact us", (REGISTERING,)),
    "S29": Check("The link opens a page that says it worked", (ACTIVATION_PAGE, REGISTERING)),
    "S30": Check("From there one signs in", (REGISTERING,)),
    # Two step verification
    "S31": Check(
        "The SEND section is refused until it is on",
        (
            f"{HOME}::test_services_require_two_step_verification",
            "server/accounts/test_second_step_set.py::"
            "test_children_are_inaccessible_without_a_second_step",
        ),
    ),
    "S32": Check("My Account", (SECTIONS,)),
    "S33": Check("Its menu on the left has Two step verification", (SECTIONS,)),
    "S34": Check("A preferred method to choose, Email among them", (SWITCHED_ON, JOURNEY)),
    "S35": Check("Save", (SWITCHED_ON,)),
    "S36": Check("Save signs out and leads back to signing in", (SWITCHED_ON,)),
    "S37": Check("The next sign-in emails a code", (SWITCHED_ON, JOURNEY)),
    "S38": Check("Verify takes it", (BY_CODE,)),
    "S39": Check("A wrong code is refused", (BY_CODE,)),
    "S40": Check("A code is asked for at every sign-in", (SWITCHED_ON,)),
    "S41": Check("It may take a few moments to arrive", (BY_CODE,)),
    # Home
    "S42": Check("One can go to Home, My Account and Sign Out", (AT_HOME,)),
    "S43": Check("Two lines say what to choose for what", (AT_HOME,)),
    "S44": Check("A button: Special Educational Needs and Disabilities", (AT_HOME,)),
    "S45": Check("A button: Messages", (AT_HOME,)),
    "S46": Check("How many messages are unread", (AT_HOME,)),
    # Select Person
    "S47": Check("Its title, and who is on the list", (LIST_EXPLAINED,)),
    "S48": Check("Person Filter finds by name", (LIST_FILTERED,)),
    "S49": Check("A list of views, Active at first", (LIST_EXPLAINED, HIDING)),
    "S50": Check("+ Add child / young person", (LIST_EXPLAINED, CHILD_ADDED)),
    "S51": Check("Hide Person", (LIST_EXPLAINED, HIDING)),
    "S52": Check(
        "Delete Person",
        (
            LIST_EXPLAINED,
            f"{PEOPLE}::test_deleting_lists_what_will_be_deleted_and_needs_confirmation",
        ),
    ),
    "S53": Check("How many records were found", (CHILD_LIST, LIST_FILTERED)),
    "S54": Check("Columns Name, Date of Birth, Address, School, Select", (CHILD_LIST,)),
    "S55": Check("Names as Surname, First; dates as dd/mm/yyyy", (CHILD_LIST,)),
    "S56": Check("Back", (LIST_EXPLAINED,)),
    "S57": Check(
        "Children added before, and those whom the authority gave, are there",
        (CHILD_LIST, f"{PEOPLE}::test_allocated_child_is_on_my_list"),
    ),
    "S58": Check("Selecting one opens their progress", (LIST_FILTERED,)),
    "S59": Check("So does adding one", (CHILD_ADDED, JOURNEY)),
    # The progress page
    "S60": Check("The child's name as its heading", (NEW_CHILD,)),
    "S61": Check("A search box", (f"{PROGRESS}::test_search_filters_forms",)),
    "S62": Check("The stages Request, Assessment, EHC Plan, EHCP Reviews", (NEW_CHILD, JOURNEY)),
    "S63": Check(
        "Where the case is now",
        (
            JOURNEY,
            "tui/cases/test_rows.py::test_stages_show_symbols_and_dates",
        ),
    ),
    "S64": Check("What happens now?, and for a request the six weeks", (JOURNEY,)),
    "S65": Check("Information we collect at this stage", (NEW_CHILD,)),
    "S66": Check(
        "The Professional Request with Start",
        (NEW_CHILD, f"{PROGRESS}::test_start_creates_a_form_and_opens_it"),
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
        "A new one can be started beside it",
        (JOURNEY, f"{PROGRESS}::test_draft_can_be_continued_or_a_new_one_started"),
    ),
    "S72": Check(
        "Edit adds to a request that was submitted",
        (JOURNEY, f"{SUBMITTING}::test_edit_adds_a_second_version_and_keeps_the_first"),
    ),
    "S73": Check("SEND Home is added to where one can go", (NEW_CHILD,)),
    # The request form
    "S74": Check("Eight steps, in their order and by their names", (REQUEST_STEPS, STEPS_CLICKED)),
    "S75": Check("A step bar with ticks at what is done", (ROLE_SELECTED,)),
    "S76": Check("Step 1 says where roles are added and changed", (CARDS,)),
    "S77": Check("A card shows role, organisation, address, phone and mobile", (CARDS,)),
    "S78": Check("Select confirms it", (ROLE_SELECTED, JOURNEY)),
    "S79": Check("Several roles have a card each", (CARDS,)),
    "S80": Check("Without a mobile number it works too", (ROLE_SELECTED,)),
    "S81": Check("Save and continue saves and goes on", (ROLE_SELECTED, JOURNEY)),
    "S82": Check("Back goes to the step before", (STEPS_CLICKED,)),
    "S83": Check("Steps can be clicked", (STEPS_CLICKED,)),
    "S84": Check("A long answer says its limit of 30000 and what remains", (LONG_ANSWER, JOURNEY)),
    "S85": Check(
        "30,000 characters are taken, 30,001 are refused",
        (
            LONG_ANSWER,
            f"{SUBMITTING}::test_text_over_the_limit_is_saved_but_cannot_be_submitted",
            JOURNEY,
        ),
    ),
    "S86": Check("A file description to choose, 'Please select' at first", (DOCUMENT_ENTRY,)),
    "S87": Check("A second box for what is not listed", (DOCUMENT_ENTRY,)),
    "S88": Check(
        "Only .doc, .docx, .pdf, .png, .jpeg, .jpg and .bmp",
        (
            FILE_REFUSED,
            "shared/values/test_identifiers.py::test_file_is_checked_by_name_and_size_before_upload",
            "server/documents/test_types.py::test_content_of_another_type_is_rejected",
        ),
    ),
    "S89": Check(
        "10 MB at most", (FILE_REFUSED, f"{PICKER}::test_file_over_the_limit_is_rejected")
    ),
    "S90": Check(
        "Uploading affirms: no viruses, and consent for images", (DOCUMENT_ENTRY, WAYS_OUT)
    ),
    "S91": Check(
        "Nothing is sent before Upload is pressed; the first press of a step agrees for the rest",
        (UPLOADED, AGREED, JOURNEY),
    ),
    "S92": Check("What was chosen and not uploaded is warned of", (DOCUMENT_ENTRY, WAYS_OUT)),
    "S93": Check("No file chosen", (UPLOADED, DOCUMENT_ENTRY)),
    "S94": Check("Delete", (f"{UPLOAD}::test_file_is_removed_after_confirmation", ENTRIES)),
    "S95": Check("After the upload: name, type and size", (UPLOADED,)),
    "S96": Check("Add More documents", (JOURNEY,)),
    "S97": Check("Step 7 asks for name, contact * and date", (CONTACT,)),
    "S98": Check("Dates as dd/mm/yyyy", (CONTACT,)),
    "S99": Check("Add More contacts", (ENTRIES,)),
    "S100": Check(
        "From 16, the young person's own contact too",
        (f"{FORM}::test_young_persons_contact_is_required_from_sixteen",),
    ),
    "S101": Check(
        "Step 8 shows every answer",
        (
            SUMMARY,
            "shared/forms/test_summary.py::test_summary_follows_the_form_and_shows_warnings",
        ),
    ),
    "S102": Check("Answers are changed by Back and the steps", (STEPS_CLICKED, SUMMARY)),
    "S103": Check("The declaration, and I agree", (SUMMARY,)),
    "S104": Check("The terms of sharing, and a second I agree", (SUMMARY,)),
    "S105": Check(
        "Without both, Submit is refused",
        (f"{SUBMITTING}::test_both_declarations_are_required", CONFIRMED),
    ),
    "S106": Check("Submit", (CONFIRMED, JOURNEY)),
    "S107": Check("Form Submitted, with thanks for which form and whom", (CONFIRMED, JOURNEY)),
    "S108": Check("Finish leads to the progress page", (CONFIRMED, JOURNEY)),
    # Messages and advice
    "S109": Check("A request for advice makes a message and an email", (ADVICE_JOURNEY, ASKING)),
    "S110": Check("The inbox lists subject and received, 06-Jun-2022 15:06", (INBOX,)),
    "S111": Check(
        "Its subject: 'You are required to submit information'", (ADVICE_JOURNEY, ASKING)
    ),
    "S112": Check("The message names the child and links the form", (ADVICE_JOURNEY, FROM_MESSAGE)),
    "S113": Check("The link opens the form; the message stays", (FROM_MESSAGE,)),
    "S114": Check(
        "Reading a message lowers the badge",
        (
            "tui/messages/test_inbox.py"
            "::test_reading_a_message_updates_the_badge_and_its_link_opens",
        ),
    ),
    "S115": Check("Eight advice steps, named as the guide has them", (ADVICE_STEPS,)),
    "S116": Check("Step 2 has its guidance and CYP's story (Education)", (ADVICE_STEPS,)),
    "S117": Check("A document of advice is described freely, or not at all", (ADVICE_NO_GATE,)),
    "S118": Check(
        "The same limits, declarations and confirmation, naming Educational Advice",
        (ADVICE_JOURNEY, SAME_AGREEMENTS, ADVICE_CONFIRMED),
    ),
    "S119": Check("Only who was asked can open it", (NOT_ASKED,)),
    # Help
    "S120": Check(
        "Whom the council's staff ask, and whom everyone else",
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

What the portal must do, and the tests that show it. Where several tests are listed, each shows a
part of the check. `tests/checks.py` holds this table, and `python -m tests.checks > docs/checks.md`
writes this page from it; do not edit it by hand."""


def page() -> str:
    """Render docs/checks.md."""
    return "\n".join([INTRODUCTION, *_lines(), ""])


def _lines() -> Iterator[str]:
    for number, check in CHECKS.items():
        if number in HEADINGS:
            yield from ("", f"## {HEADINGS[number]}", "", "| | Check | Tests |", "|---|---|---|")
        yield f"| {number} | {check.says} | {'<br>'.join(map(_link, check.tests))} |"


def _link(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{file}](../tests/{file}) `{name}`"


if __name__ == "__main__":
    print(page(), end="")
