"""The Textual client of the Professional Portal.

Modules not needed by the first screen are imported on first use.
"""
