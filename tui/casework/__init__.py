"""Screens of the officers' casework: notes, tasks, the diary of a week, and panels."""
