"""The screen that compares two columns of any runs."""
