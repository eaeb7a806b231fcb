"""The Textual client. Modules not needed by the first screen are imported on first use."""
