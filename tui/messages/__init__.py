"""The inbox, the polling for new messages and the demo's mailbox."""
