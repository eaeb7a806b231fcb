"""Promises about who gets in."""

from tests.security.promise import Promise

REGISTRATION = "server/accounts/test_registration.py"
RESET = "server/accounts/test_reset.py"
PAGES = "journeys/test_pages.py"
SECOND_STEP = "server/accounts/test_second_step.py"
SECOND_STEP_SET = "server/accounts/test_second_step_set.py"
SESSIONS = "server/accounts/test_sessions.py"
THROTTLE = "server/accounts/test_throttle.py"
EMAIL_CHANGE = "server/accounts/test_email_change.py"
ENUMERATION = "server/accounts/test_enumeration.py"
PASSWORDS = "server/core/test_passwords.py"
HASHING = "server/core/test_hashing.py"
PROTOCOL = "server/core/test_protocol.py"
PROXIES = "server/core/test_proxies.py"
CLOCK = "server/test_clock_ahead.py"
PROVIDER_SIGN_IN = "server/providers/test_signing_in.py"
PROVIDER_ACCOUNTS = "server/providers/test_accounts.py"
PROVIDER_SESSIONS = "server/providers/test_sessions.py"
SSH_KEYS = "server/accounts/test_ssh_keys.py"
SSH_SESSIONS = "journeys/ssh_server/test_sessions.py"
SSH_ATTEMPTS = "journeys/ssh_server/test_attempts.py"
STAFF = "server/support/test_staff.py"
MANAGING_STAFF = "server/support/test_managing_staff.py"
MEMBERSHIPS = "server/organisations/test_memberships.py"
DOMAINS = "server/organisations/test_domains.py"
PERMISSIONS = "server/test_permissions.py"
SESSION_WATCH = "tui/accounts/test_session_watch.py"

GETTING_IN = (
    Promise(
        "Password",
        "12 to 128 characters, with no rules about which; any script, and never cut. Refused if it "
        "is common, easy to guess, or holds the email address or 'portal'. Nothing is looked up "
        "over the network.",
        "6.2",
        (
            f"{REGISTRATION}::test_weak_password_is_rejected",
            f"{REGISTRATION}::test_long_or_non_ascii_password_is_not_truncated",
            f"{REGISTRATION}::test_password_is_the_same_on_every_keyboard",
            f"{REGISTRATION}::test_refusal_says_what_is_wrong_with_a_password",
        ),
    ),
    Promise(
        "Password hash",
        "argon2id with 64 MiB and 3 passes. A cheaper hash is replaced at sign-in, and hashing "
        "cannot starve the rest of the server.",
        "11.4.2",
        (
            f"{PASSWORDS}::test_password_is_hashed_at_the_documented_cost",
            f"{PASSWORDS}::test_cheaper_hash_is_upgraded",
            f"{HASHING}::test_pool_limits_each_address_and_the_queue",
            f"{SESSIONS}::test_password_verification_does_not_block_writes",
        ),
    ),
    Promise(
        "Who has an account",
        "Sign-in, registration and reset answer the same and do the same work for a known and an "
        "unknown email. The owner of a known email is told of a registration.",
        "6.3.8",
        (
            f"{ENUMERATION}::test_known_and_unknown_emails_run_the_same_statements",
            f"{ENUMERATION}::test_known_and_unknown_emails_write_as_many_rows",
            f"{SESSIONS}::test_wrong_password_and_unknown_email_get_the_same_reply",
            f"{REGISTRATION}::test_reply_does_not_reveal_whether_email_is_known",
            f"{RESET}::test_reset_request_gets_the_same_reply_for_every_email",
        ),
    ),
    Promise(
        "Guessing",
        "After 5 failures each guess waits longer, by the email tried and by the address, in the "
        "database and so across restarts. Nobody is locked out for good, and an operator can end "
        "the wait.",
        "6.3.1",
        (
            f"{THROTTLE}::test_wait_doubles_and_expires",
            f"{THROTTLE}::test_wait_survives_a_server_restart",
            f"{THROTTLE}::test_concurrent_guesses_beyond_the_free_attempts_are_not_hashed",
            f"{THROTTLE}::test_address_that_tries_many_emails_is_throttled_temporarily",
            f"{THROTTLE}::test_unlock_ends_the_wait",
        ),
    ),
    Promise(
        "Locking somebody out",
        "Who guesses cannot keep the owner out: on a device that signed in before they wait a "
        "minute at most, and an office behind one address is not held up by one who guesses.",
        "6.1.1",
        (
            f"{THROTTLE}::test_device_that_signed_in_before_is_not_held_up_by_guesses",
            f"{THROTTLE}::test_owners_device_waits_at_most_a_minute_for_its_own_mistakes",
            f"{THROTTLE}::test_wait_caused_from_other_addresses_falls_within_minutes",
            f"{THROTTLE}::test_office_with_known_devices_is_not_held_up_by_one_who_guesses",
        ),
    ),
    Promise(
        "Code by email",
        "6 digits, valid for 10 minutes, once, and only for the sign-in that asked. 5 tries; "
        "stored as a keyed hash; a new one after 30 seconds.",
        "6.5, 6.6",
        (
            f"{SECOND_STEP}::test_code_is_valid_for_ten_minutes",
            f"{SECOND_STEP}::test_code_is_valid_only_for_its_session",
            f"{SECOND_STEP}::test_code_expires_after_five_wrong_attempts",
            f"{SECOND_STEP}::test_new_sign_in_does_not_reset_the_attempt_count",
            f"{SECOND_STEP}::test_code_is_resent_after_30_seconds_and_replaces_the_first",
            f"{SECOND_STEP}::test_codes_are_not_stored_in_plain_text",
        ),
    ),
    Promise(
        "Authenticator app",
        "Each code works once; its secret is encrypted in the database. The authority's own staff "
        "need one, unless a directory signs them in.",
        "6.5.1",
        (
            f"{SECOND_STEP_SET}::test_app_code_cannot_be_reused",
            f"{SECOND_STEP_SET}::test_app_secret_is_encrypted",
            f"{SECOND_STEP_SET}::test_guessing_app_codes_is_throttled",
            f"{STAFF}::test_new_officer_must_set_a_password_and_an_app",
        ),
    ),
    Promise(
        "Recovery codes",
        "Eight, stored as keyed hashes. Each works once, and its use is emailed to the owner.",
        "6.5",
        (
            f"{SECOND_STEP}::test_recovery_codes_work_once_each_and_their_use_is_emailed",
            f"{SECOND_STEP}::test_new_recovery_codes_replace_the_old_and_are_per_account",
            f"{SECOND_STEP}::test_codes_are_not_stored_in_plain_text",
        ),
    ),
    Promise(
        "No second step",
        "Without a second step an account reaches nothing about children.",
        "6.3.3",
        (
            f"{SECOND_STEP_SET}::test_children_are_inaccessible_without_a_second_step",
            f"{PERMISSIONS}::test_access_of_each_actor_matches_the_table",
        ),
    ),
    Promise(
        "Emailed links",
        "Activation for 24 hours, reset for 1 hour, each once and stored as a hash. Opening a link "
        "changes nothing, as mail scanners open links too. A reset does not skip the second step.",
        "6.4",
        (
            f"{PAGES}::test_opening_link_keeps_it_valid_and_button_activates_once",
            f"{REGISTRATION}::test_code_without_link_is_valid_for_24_hours",
            f"{RESET}::test_reset_link_is_valid_for_one_hour",
            f"{RESET}::test_reset_ends_all_sessions_and_keeps_the_second_step",
            f"{RESET}::test_links_are_not_stored_in_plain_text",
        ),
    ),
    Promise(
        "Session",
        "A random token of 256 bits, stored as a keyed hash. It ends after 30 minutes without use, "
        "of which the user is warned, and after 12 hours. Polling is no use.",
        "7.2, 7.3",
        (
            f"{SESSIONS}::test_session_ends_after_30_idle_minutes",
            f"{SESSIONS}::test_session_ends_after_12_hours_despite_use",
            f"{SESSIONS}::test_tokens_and_passwords_are_not_stored_in_plain_text",
            f"{SESSION_WATCH}::test_idle_session_can_be_kept",
            "server/messages/test_inbox.py::test_polling_does_not_extend_the_session",
        ),
    ),
    Promise(
        "Ending sessions",
        "Users see their sessions and end one or all. A changed password ends the others; a new "
        "second step or a reset ends all.",
        "7.4",
        (
            f"{SESSIONS}::test_sessions_are_listed_and_can_be_ended",
            f"{SESSIONS}::test_signing_out_invalidates_the_token",
            "server/accounts/test_account.py"
            "::test_changing_password_ends_other_sessions_and_notifies_owner",
            f"{SECOND_STEP_SET}::test_setting_second_step_ends_all_sessions_and_notifies_owner",
        ),
    ),
    Promise(
        "Fresh sign-in",
        "Email address, second step and recovery codes can be changed only within 10 minutes of a "
        "sign-in, and the password only with the current one.",
        "7.5.1",
        (
            f"{SECOND_STEP_SET}::test_security_settings_require_a_recent_sign_in",
            f"{EMAIL_CHANGE}::test_change_needs_a_fresh_sign_in",
            "server/accounts/test_account.py::test_password_change_requires_the_current_password",
        ),
    ),
    Promise(
        "SSH keys",
        "A strong key replaces the password over SSH, never the second step. Before it, files are "
        "neither seen nor changed, and nobody else signs in where they are. A key belongs to one "
        "account, is added only within 10 minutes of a sign-in, and its owner is emailed. It ends "
        "with the account, with a change or reset of the password, and when support resets the "
        "second step or ends all sessions.",
        "6.3.3",
        (
            f"{SSH_KEYS}::test_key_is_added_listed_and_removed",
            f"{SSH_KEYS}::test_other_keys_are_refused",
            f"{SSH_KEYS}::test_key_belongs_to_one_account",
            f"{SSH_KEYS}::test_adding_a_key_needs_a_fresh_sign_in",
            f"{SSH_KEYS}::test_closed_account_has_no_keys",
            f"{SSH_KEYS}::test_keys_end_with_a_reset_and_when_support_acts",
            f"{SSH_SESSIONS}::test_request_is_submitted_over_ssh_with_files_by_sftp",
            f"{SSH_ATTEMPTS}::test_public_key_alone_does_not_sign_in",
            "server/ssh/test_files.py::test_only_new_files_are_put_before_the_second_step",
            f"{SSH_SESSIONS}::test_nobody_else_signs_in_where_the_files_of_a_key_are",
            f"{SSH_ATTEMPTS}::test_too_many_failures_of_an_address_are_held_up",
        ),
    ),
    Promise(
        "Staff accounts",
        "Made by a command of the server, by an officer with that right, or by the authority's "
        "directory; nobody registers into one. Who is disabled is signed out everywhere.",
        "8.2",
        (
            f"{STAFF}::test_account_of_a_professional_cannot_become_staff",
            f"{STAFF}::test_disabled_officer_is_signed_out_and_gives_up_cases",
            f"{MANAGING_STAFF}::test_right_is_given_and_taken_but_never_from_the_last",
            "server/many/test_stranger.py::test_stranger_learns_and_reaches_nothing_of_the_staff",
        ),
    ),
    Promise(
        "Sign-in by a directory",
        "OpenID Connect, authorization code with PKCE. Only the browser that signed in shows the "
        "number that the terminal asks for. Who leaves the directory is signed out here.",
        "6.8, 10",
        (
            f"{PROVIDER_SIGN_IN}::test_id_token_with_a_wrong_claim_is_refused",
            f"{PROVIDER_SIGN_IN}::test_id_token_without_the_providers_signature_is_refused",
            f"{PROVIDER_SIGN_IN}::test_code_of_another_sign_in_is_refused",
            f"{PROVIDER_SIGN_IN}::test_number_of_another_person_is_refused",
            f"{PROVIDER_SESSIONS}::test_who_has_left_is_signed_out_at_the_next_use",
            f"{PROVIDER_ACCOUNTS}::test_successor_with_the_same_email_does_not_get_the_account",
        ),
    ),
    Promise(
        "Organisation",
        "A membership is confirmed by a colleague, an officer or a listed email domain. Until then "
        "one sees no colleagues, shares nothing and gets nothing by sharing.",
        "8.2",
        (
            f"{MEMBERSHIPS}::test_unconfirmed_professional_has_no_colleagues_and_is_nobodys",
            f"{MEMBERSHIPS}::test_nobody_outside_the_organisation_can_decide",
            f"{MEMBERSHIPS}::test_another_organisation_has_to_be_confirmed_anew",
            f"{DOMAINS}::test_public_domains_are_refused",
            "server/many/test_stranger.py"
            "::test_stranger_stands_in_no_picker_and_sends_the_staff_one_mail",
        ),
    ),
    Promise(
        "Work that a stranger can cause",
        "Before sign-in a body has at most 16 KiB; a head has at most 32 KiB; one that stalls is "
        "cut off. Hashing has a bounded queue.",
        "2.4.1, 15.2.2",
        (
            f"{PROTOCOL}::test_anonymous_body_is_limited_to_16_kilobytes",
            f"{PROTOCOL}::test_oversized_head_is_refused",
            f"{PROTOCOL}::test_slow_head_is_cut_off",
            f"{PROTOCOL}::test_stalled_body_is_cut_off",
            f"{PROTOCOL}::test_excess_connections_are_refused",
            f"{HASHING}::test_pool_limits_each_address_and_the_queue",
        ),
    ),
    Promise(
        "Proxies",
        "A forwarded address is believed only from the proxies in the settings; by default there "
        "are none.",
        "4.1.3",
        (
            f"{PROXIES}::test_rightmost_address_that_is_no_proxy_is_the_client",
            f"{PROXIES}::test_server_believes_no_proxy_by_default",
        ),
    ),
    Promise(
        "Clock",
        "What was written while the server's clock was ahead holds nobody up, and lets nobody in, "
        "once it is right again.",
        "",
        (
            f"{CLOCK}::test_code_can_be_sent_again_and_only_the_new_one_works",
            f"{CLOCK}::test_session_idles_out_from_its_last_use",
            f"{CLOCK}::test_sign_in_is_not_fresh_for_a_day",
            f"{THROTTLE}::test_failures_counted_while_the_clock_was_ahead_hold_nobody_up",
        ),
    ),
)
