"""The inbox, polling for new messages, and the demo's mailbox."""
