"""The officers' casework: notes, calls, tasks, the diary of a week, and panels."""
