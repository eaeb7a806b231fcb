"""What the portal promises about security and reliability, with the tests that show it."""
