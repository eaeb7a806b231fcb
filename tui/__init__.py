"""The Textual client. Modules that the first screen does not need are imported when they are."""
