"""The form editor, its summary and versions."""
