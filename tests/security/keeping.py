"""Promises that nothing is lost."""

from tests.security.promise import Promise

MAIL = "server/core/test_mail.py"
HEALTH = "server/core/test_health.py"
REPEATS = "server/test_repeats.py"
UPLOAD = "server/documents/test_upload.py"
SCANNING = "server/documents/test_scanning.py"
DISK = "server/documents/test_disk.py"
ALL_AT_ONCE = "server/many/test_all_at_once.py"
BACKUPS = "server/backups"
BACKUP_UNDER_LOAD = "server/many/test_backup.py"
MIGRATE = "server/core/test_migrate.py"
UPGRADES = "server/core/test_upgrades.py"
ODD_TEXT = "server/test_odd_text.py"
SCHEMA = "server/test_schema.py"
KILLS = "faults/test_kills.py"
POWER_CUT = "powercut/test_powercut.py"
BAD_CONNECTIONS = "tui/saving/test_bad_connections.py"
TWO_WRITERS = "tui/forms/test_two_writers.py"
CLOCK_RULES = "shared/cases/test_clock.py"

KEEPING = (
    Promise(
        "Client killed while somebody types",
        "At most the last 2 seconds of typing are missing when the form is opened again.",
        "",
        (
            "journeys/test_kill.py::test_saved_text_survives_kills_of_server_and_client",
            "journeys/test_ending.py::test_client_exits_without_spinning_when_its_terminal_is_lost",
            f"{KILLS}::test_only_the_last_seconds_of_typing_may_be_missing",
        ),
    ),
    Promise(
        "Power cut",
        "Each acknowledged save and upload is there, and the database opens (on SQLite, by "
        "rebuilding the disk from recorded writes).",
        "",
        (
            f"{POWER_CUT}::test_acknowledged_writes_survive_power_cuts",
            f"{POWER_CUT}::test_missing_sync_is_reported",
        ),
    ),
    Promise(
        "Server killed",
        "What was acknowledged is there, once.",
        "2.3.3",
        (
            f"{KILLS}::test_no_acknowledged_write_is_lost_when_the_server_is_killed",
            "server/core/test_mail_killed.py::test_only_emails_being_sent_are_resent_after_a_kill",
            "server/records/test_retention_processes.py::test_killed_run_is_finished_by_the_next",
        ),
    ),
    Promise(
        "Connection cut during an upload or Submit",
        "It is repeated by itself, and takes effect once.",
        "",
        (
            f"{BAD_CONNECTIONS}::test_submit_is_retried_and_takes_effect_once",
            "tui/documents/test_upload_row.py::test_unanswered_upload_is_retried_automatically",
            f"{UPLOAD}::test_repeated_upload_gets_the_same_reply_and_stores_once",
        ),
    ),
    Promise(
        "Reply lost, and something else sent under the same id",
        "It is refused: only what was done is answered as done.",
        "",
        (
            f"{REPEATS}::test_all_that_was_sent_is_compared",
            f"{REPEATS}::test_every_id_of_a_client_is_sent_here",
            f"{REPEATS}::test_one_of_two_different_requests_with_an_id_is_done",
            f"{REPEATS}::test_save_is_compared_with_what_was_saved_under_its_id",
        ),
    ),
    Promise(
        "Server away",
        "Typing goes on and is saved when the server is back. 'Saved' is never shown before.",
        "",
        (
            f"{BAD_CONNECTIONS}::test_typed_text_is_in_journal_on_any_connection",
            f"{BAD_CONNECTIONS}::test_saved_is_never_shown_before_acknowledgement",
            "chaos/test_chaos.py::test_typing_over_bad_connections_is_stored_exactly_once",
        ),
    ),
    Promise(
        "Mail relay down, slow or refusing",
        "Messages are in the portal at once. Mail is sent later, once; support is told of what is "
        "given up.",
        "16.5.2",
        (
            f"{MAIL}::test_mail_waits_while_relay_is_unreachable",
            f"{MAIL}::test_concurrent_workers_send_each_email_once",
            f"{MAIL}::test_mail_is_given_up_after_24_hours_and_reported_once",
            f"{MAIL}::test_code_never_waits_for_slow_mail",
        ),
    ),
    Promise(
        "Antivirus down",
        "Documents wait as being checked, and nobody opens them. Submit asks first.",
        "16.5.2",
        (
            f"{SCANNING}::test_scan_is_repeated_with_growing_delays_until_clamd_is_up",
            f"{SCANNING}::test_killed_clamd_gives_no_verdict",
            "tui/forms/test_scans.py::test_file_that_is_being_checked_is_submitted_after_a_question",
        ),
    ),
    Promise(
        "Disk full or read-only, store away",
        "The reply says so, and nothing is half-written. Health reports a database or a store that "
        "does not work.",
        "16.5.3",
        (
            f"{DISK}::test_upload_fails_on_a_full_disk",
            f"{UPLOAD}::test_unavailable_store_is_reported_and_stores_nothing",
            f"{HEALTH}::test_read_only_database_is_not_ok",
            f"{HEALTH}::test_missing_store_is_not_ok",
        ),
    ),
    Promise(
        "Two people in one draft",
        "Separate changes are merged. For an overlap both texts are kept and the user chooses.",
        "",
        (
            "server/forms/test_clashes.py::test_saves_of_different_fields_are_merged",
            "server/forms/test_clashes.py"
            "::test_save_of_the_same_field_is_stale_and_names_the_author",
            f"{TWO_WRITERS}::test_overlap_shows_both_texts_and_keeps_chosen_one",
            f"{TWO_WRITERS}::test_two_clients_in_one_draft_keep_both_texts",
        ),
    ),
    Promise(
        "Two officers in one case",
        "Who edits what somebody else has changed meanwhile is refused and sees what it says now.",
        "",
        (
            "server/test_editing_together.py"
            "::test_second_of_two_officers_is_refused_and_shown_what_the_first_saved",
            "tui/placements/test_placements.py"
            "::test_what_another_officer_saved_meanwhile_is_shown_and_replaced_or_left",
        ),
    ),
    Promise(
        "Dates",
        "Deadlines count calendar days and months, in London's time.",
        "",
        (
            f"{CLOCK_RULES}::test_deadlines_are_in_order_and_on_the_weekday_of_receipt",
            f"{CLOCK_RULES}::test_review_months_end_in_the_right_month",
            "shared/values/test_days.py::test_times_are_formatted_in_london_time",
        ),
    ),
    Promise(
        "Backup under load",
        "A backup that is made while people save and upload has all that was acknowledged before "
        "it began, with its documents, and is restored on another machine. A damaged one is "
        "refused before anything is changed.",
        "",
        (
            f"{BACKUP_UNDER_LOAD}::test_backup_under_load_has_everything_acknowledged",
            f"{BACKUPS}/test_making.py::test_everything_is_restored_elsewhere",
            f"{BACKUPS}/test_making.py::test_documents_removed_during_a_backup_are_in_it",
            f"{BACKUPS}/test_damaged.py::test_damaged_backup_is_refused_and_nothing_changed",
            f"{BACKUPS}/test_restoring.py::test_failed_restore_leaves_what_was_there",
            f"{BACKUPS}/test_restoring.py::test_killed_restore_leaves_nothing_that_serves",
            f"{BACKUPS}/test_rehearsing.py::test_newest_backup_is_rehearsed_and_recorded",
            f"{BACKUPS}/test_stores.py::test_killed_backup_leaves_no_file_and_a_lease_that_ends",
        ),
    ),
    Promise(
        "Upgrade and back",
        "Migrations keep the data, up and down, on SQLite and PostgreSQL, from every version and "
        "with versions skipped. Servers of the version before go on with the new schema.",
        "",
        (
            f"{UPGRADES}::test_rows_of_every_revision_survive_each_step_up_and_down",
            f"{UPGRADES}::test_rows_survive_an_upgrade_that_skips_versions_and_the_way_back",
            f"{MIGRATE}::test_upgrade_matches_the_tables_and_downgrade_removes_them",
            f"{MIGRATE}::test_list_order_search_and_counts_survive_migrations",
            f"{MIGRATE}::test_queued_mail_survives_migrations",
            "server/core/test_migrate_audit.py::test_counted_saves_survive_migrations",
        ),
    ),
    Promise(
        "Versions of clients",
        "Clients and servers one minor version apart work together. Others say which of the "
        "two to update, and what was typed is kept.",
        "",
        (
            "server/core/test_versions.py::test_other_versions_are_refused_with_the_side_to_update",
            "tui/accounts/test_updates.py::test_typed_text_is_kept_while_the_versions_do_not_fit",
        ),
    ),
    Promise(
        "Several servers",
        "Of several servers on one database, one may be killed at a time: nothing acknowledged is "
        "lost, and no mail, reminder or scan is made twice.",
        "",
        ("many/test_many.py::test_nothing_is_lost_or_done_twice_by_two_servers",),
    ),
    Promise(
        "Many at once",
        "Savers, readers, sign-ins, registrations and uploads together are all answered, and "
        "SIGTERM ends the server in its limit. With the machine to itself, nobody else waits for "
        "more than a second.",
        "15.2.2",
        (
            f"{ALL_AT_ONCE}::test_all_concurrent_requests_are_answered",
            f"{ALL_AT_ONCE}::test_server_stops_in_time_on_sigterm",
            "server/core/test_health.py::test_health_is_answered_while_all_threads_are_busy",
        ),
    ),
    Promise(
        "Many from one",
        "One account, or one address that is not signed in, has few units of work in progress at a "
        "time, so that its many requests make nobody else wait.",
        "",
        (
            "server/core/test_turns.py::test_another_request_waits_only_for_those_in_progress",
            "server/core/test_turns.py"
            "::test_another_accounts_request_over_http_waits_only_for_those_in_progress",
        ),
    ),
    Promise(
        "Bad input",
        "No request makes the server fail; odd text is kept as typed or refused at its field.",
        "2.2",
        (
            f"{SCHEMA}::test_no_request_crashes_the_server",
            f"{ODD_TEXT}::test_nul_in_a_json_body_is_refused_by_every_route",
            "server/forms/test_filling.py::test_lone_surrogates_are_rejected",
            "server/forms/test_filling.py::test_answer_of_a_megabyte_is_saved",
            "server/accounts/test_account.py::test_any_text_is_saved_unchanged_or_rejected",
            "shared/values/test_days.py::test_any_text_is_parsed_or_rejected",
            "tui/widgets/test_long_text.py::test_paste_is_cleaned_and_kept_in_full",
        ),
    ),
)
