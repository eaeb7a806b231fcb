"""The client, served over SSH: `portal-server ssh`."""
