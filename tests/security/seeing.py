"""Promises about who sees what."""

from tests.security.promise import Promise

HEADERS = "server/core/test_headers.py"
ROTATE_KEY = "server/core/test_rotate_key.py"
PERMISSIONS = "server/test_permissions.py"
LOGS = "server/test_logs.py"
METRICS = "server/test_metrics.py"
AUDIT_ACTIONS = "server/audit/test_actions.py"
AUDIT_READS = "server/audit/test_reads.py"
AUDIT_VERIFY = "server/audit/test_verify.py"
AUDIT_IMMUTABLE = "server/audit/test_immutable.py"
AUDIT_EXPORT = "server/audit/test_export.py"
UPLOAD = "server/documents/test_upload.py"
TYPES = "server/documents/test_types.py"
HOSTILE = "server/documents/test_hostile_files.py"
SCANNING = "server/documents/test_scanning.py"
SWEEP = "server/documents/test_sweep.py"
DISK = "server/documents/test_disk.py"
RETENTION = "server/records/test_retention.py"
ERASING = "server/records/test_erasing_person.py"
EXPORTING = "server/records/test_exporting_person.py"
ACCOUNT_RECORDS = "server/records/test_accounts.py"
MIGRATE = "server/core/test_migrate.py"
JOURNAL = "tui/saving/test_journal.py"
SSH_SESSIONS = "journeys/ssh_server/test_sessions.py"
SSH_ATTEMPTS = "journeys/ssh_server/test_attempts.py"
GETTING_OUT = "journeys/ssh/test_getting_out.py"
CONFINED = "tui/documents/test_confined.py"
RESTRICTION = "tui/core/test_restriction.py"
CONTROL_CHARACTERS = "tui/widgets/test_control_characters.py"

SEEING = (
    Promise(
        "Access to each object",
        "Each route has a row in a table of permissions, which is tried with eight kinds of actor. "
        "What is not yours is not found (404).",
        "8.2.1, 8.2.2",
        (
            f"{PERMISSIONS}::test_every_route_has_a_row",
            f"{PERMISSIONS}::test_access_of_each_actor_matches_the_table",
        ),
    ),
    Promise(
        "Ended access",
        "An officer takes back a document or somebody's access to a child, and it is closed at "
        "once, also for requests that are under way.",
        "8.3.2",
        (
            "server/many/test_taking_back.py"
            "::test_no_reader_gets_a_withdrawn_document_while_two_officers_withdraw_it",
            "server/many/test_taking_back.py"
            "::test_nothing_of_a_child_is_open_once_access_ended_while_colleagues_share_again",
        ),
    ),
    Promise(
        "Audit log: what is in it",
        "Each change and each reading of a child's record, with who, what, when and from where, as "
        "ids without content, committed with the change. Lists and searches are in it too.",
        "16.2.1, 16.3",
        (
            f"{AUDIT_ACTIONS}::test_each_action_is_audited_with_account_time_and_address",
            f"{AUDIT_ACTIONS}::test_action_fails_if_it_cannot_be_audited",
            f"{AUDIT_ACTIONS}::test_audit_contains_ids_and_no_content",
            f"{AUDIT_READS}::test_every_route_that_shows_a_child_is_audited",
            f"{AUDIT_READS}::test_list_is_not_sent_if_it_can_not_be_audited",
        ),
    ),
    Promise(
        "Audit log: nobody changes it",
        "The database refuses changes, on PostgreSQL also by the rights of the server's role. "
        "Entries are chained and the chain signed daily; `portal-server audit verify` names a "
        "changed entry.",
        "16.4.2",
        (
            f"{AUDIT_IMMUTABLE}::test_rows_of_the_log_can_not_be_changed_or_deleted",
            "server/many/test_audit_log.py::test_role_of_the_server_has_no_right_to",
            f"{AUDIT_VERIFY}::test_attack_is_found_and_the_entry_named",
            f"{AUDIT_VERIFY}::test_chain_made_anew_differs_from_the_heads",
        ),
    ),
    Promise(
        "Audit log: reading it",
        "An officer reads the log of a child; a command exports it without naming another child.",
        "",
        (
            "server/desk/test_desk.py::test_audit_log_is_paged_to_its_first_entry",
            f"{AUDIT_EXPORT}::test_export_of_a_child_has_every_entry_and_names_no_other_child",
        ),
    ),
    Promise(
        "Uploads: size",
        "10 MiB a file and a total for each account. A slow, cut or refused upload leaves nothing.",
        "5.2.1, 5.2.4",
        (
            f"{UPLOAD}::test_size_limit_is_10_mib",
            f"{UPLOAD}::test_account_quota_is_enforced",
            f"{UPLOAD}::test_interrupted_upload_leaves_nothing",
            f"{UPLOAD}::test_stalled_upload_is_cut_off_and_leaves_nothing",
        ),
    ),
    Promise(
        "Uploads: content",
        "Name and content must agree. Macros, embedded objects, remote templates, scripts and "
        "launch actions in PDFs, and bombs of pixels or ZIP are refused.",
        "5.2.2, 5.2.3, 5.2.6",
        (
            f"{TYPES}::test_content_of_another_type_is_rejected",
            f"{TYPES}::test_zip_bomb_is_rejected_and_large_report_accepted",
            f"{TYPES}::test_pictures_are_limited_to_50_million_pixels",
            f"{HOSTILE}::test_hostile_file_is_refused_in_one_sentence",
            f"{HOSTILE}::test_hostile_files_leave_nothing_on_the_server",
        ),
    ),
    Promise(
        "Uploads: viruses",
        "Nobody opens a document before ClamAV has found it clean, unless the operator's setting "
        "says otherwise. What is infected is held and told; clean ones are scanned again weekly.",
        "5.4.3",
        (
            f"{SCANNING}::test_document_is_opened_only_after_a_clean_scan",
            f"{SCANNING}::test_infected_document_is_held_and_reported",
            f"{SCANNING}::test_anything_but_a_verdict_leaves_the_document_unopened",
            f"{SCANNING}::test_clean_document_is_scanned_again_each_week_with_new_signatures",
            f"{SCANNING}::test_unscanned_documents_are_opened_only_where_the_setting_accepts_them",
        ),
    ),
    Promise(
        "Uploads: keeping and giving out",
        "The same id with other bytes is refused. The SHA-256 is checked at each download, which "
        "browsers save and do not show. Removed bytes are gone, after a crash too.",
        "5.3.2, 5.4",
        (
            f"{UPLOAD}::test_document_is_stored_and_returned",
            f"{UPLOAD}::test_different_document_with_the_same_id_is_a_conflict",
            f"{DISK}::test_damaged_bytes_are_not_sent",
            f"{SWEEP}::test_removed_bytes_are_swept_after_a_crash",
            f"{SWEEP}::test_bytes_of_a_crashed_upload_are_swept_after_an_hour",
        ),
    ),
    Promise(
        "Headers",
        "Each reply forbids storing, sniffing, framing and foreign content; pages have no scripts "
        "and no cookies.",
        "3.4, 14.3.2",
        (
            f"{HEADERS}::test_every_reply_has_the_security_headers",
            f"{HEADERS}::test_policy_of_a_page_allows_its_own_style_only",
            f"{HEADERS}::test_browsers_are_told_to_use_https_if_the_portal_does",
        ),
    ),
    Promise(
        "Logs",
        "No email, name, token, code or answer in a line of the server's log, nor in a crash.",
        "16.2.5",
        (
            f"{LOGS}::test_logs_contain_no_personal_data",
            f"{LOGS}::test_database_error_is_logged_without_values",
            f"{LOGS}::test_crash_is_logged_without_its_message",
        ),
    ),
    Promise(
        "Metrics",
        "They name nobody, and are shown only to the addresses in the settings, without a proxy in "
        "between; by default to the same machine.",
        "13.4.5",
        (
            f"{METRICS}::test_names_and_labels_are_a_closed_list_that_names_nobody",
            f"{METRICS}::test_metrics_are_shown_to_listed_addresses_without_a_proxy",
        ),
    ),
    Promise(
        "Emails",
        "An email names no child.",
        "",
        (
            "server/messages/test_messages.py::test_notification_mail_names_no_child",
            "server/desk/test_reminders.py"
            "::test_each_reminder_is_sent_once_and_its_mail_names_no_child",
            "server/desk/test_taking_back.py::test_message_and_email_of_a_withdrawal_name_no_child",
        ),
    ),
    Promise(
        "Figures",
        "The report for people outside the authority shows ranges of five, and nothing by which a "
        "number of 1 to 4 children could be computed, also by who knows how they are hidden.",
        "",
        (
            "server/figures/test_disclosure.py"
            "::test_no_small_number_follows_from_all_that_is_published",
            "server/figures/test_disclosure.py"
            "::test_no_small_number_follows_for_who_tries_all_small_counts",
            "server/figures/test_report.py::test_report_hides_small_numbers_and_is_audited",
        ),
    ),
    Promise(
        "Calendar files",
        "A calendar file of an officer's week names no child, unless the name of a panel does.",
        "",
        (
            "server/casework/test_diary.py"
            "::test_calendar_file_is_valid_names_no_child_and_has_stable_ids",
        ),
    ),
    Promise(
        "Secrets",
        "One key for each purpose, derived from a secret that has no default; the server does not "
        "start without it or with another. It can be changed.",
        "11.1.1, 13.3",
        (
            f"{MIGRATE}::test_short_secret_key_is_rejected",
            f"{ROTATE_KEY}::test_server_refuses_to_start_with_another_key",
            f"{ROTATE_KEY}::test_secrets_and_mails_are_encrypted_with_the_new_key",
        ),
    ),
    Promise(
        "User's machine",
        "What is not yet saved is encrypted, with a key in the keychain; without a keychain it is "
        "in memory only. Others' text cannot control the terminal.",
        "14.3",
        (
            f"{JOURNAL}::test_journal_is_readable_after_a_restart_but_only_by_its_account",
            f"{JOURNAL}::test_without_a_keychain_the_journal_is_in_memory_only",
            "tui/documents/test_save.py::test_copy_is_readable_by_its_owner_only",
            f"{CONTROL_CHARACTERS}::test_escape_sequences_in_a_name_are_not_written",
        ),
    ),
    Promise(
        "Retention and rights",
        "Records are deleted when their period ends. Everything held on a child or an account is "
        "exported, and erased except what the law keeps, by command and audited.",
        "14.2.4, 14.2.7",
        (
            f"{RETENTION}::test_rows_are_deleted_when_their_period_ends",
            f"{RETENTION}::test_periods_are_settings",
            f"{EXPORTING}::test_export_holds_all_rows_and_documents_of_one_child",
            f"{ERASING}::test_erasing_keeps_what_the_law_requires",
            f"{ERASING}::test_every_table_that_leads_to_a_child_is_erased_or_kept",
            f"{ACCOUNT_RECORDS}::test_erased_account_leaves_only_its_id",
        ),
    ),
    Promise(
        "Served over SSH",
        "`portal-server ssh` serves the client and one's own files, and nothing else: no command, "
        "forwarding or environment. Other people's folders and the machine can't be reached, "
        "silent connections keep nobody out, and files go some hours after the last session.",
        "",
        (
            f"{SSH_ATTEMPTS}::test_only_the_client_is_served",
            f"{SSH_ATTEMPTS}::test_sftp_reaches_nothing_outside_of_the_folder",
            f"{SSH_ATTEMPTS}::test_silent_connections_neither_keep_others_out_nor_stay",
            f"{SSH_ATTEMPTS}::test_sessions_of_an_account_are_limited",
            "server/ssh/test_limits.py::test_people_without_keys_leave_half_of_the_sessions",
            "server/ssh/test_limits.py::test_connection_ends_when_its_key_is_gone",
            f"{SSH_SESSIONS}::test_client_has_a_clean_environment_and_ends_with_the_connection",
            "server/ssh/test_folders.py::test_folder_is_private_and_stays_for_a_day",
            "server/core/test_origins.py::test_address_of_another_key_is_not_believed",
        ),
    ),
    Promise(
        "Over SSH",
        "In restricted mode, as in `deploy/sshd`, a person can use the portal only: one folder is "
        "read and written, no program is started, and secrets stay in memory. Variables, files and "
        "options of the person change nothing.",
        "",
        (
            f"{GETTING_OUT}::test_attempt_to_get_out_fails",
            f"{CONFINED}::test_picker_opens_nothing_outside_of_the_folder",
            f"{CONFINED}::test_nothing_is_saved_outside_of_the_folder",
            f"{CONFINED}::test_links_and_pipes_in_the_way_of_a_copy_are_not_followed",
            f"{RESTRICTION}::test_kernel_confines_the_process",
            f"{RESTRICTION}::test_only_the_machines_settings_count",
            f"{RESTRICTION}::test_folder_that_others_may_open_is_refused",
        ),
    ),
)
