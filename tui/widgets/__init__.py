"""Widgets that Textual does not have; they know no subject and no screen."""
