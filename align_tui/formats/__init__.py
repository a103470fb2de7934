"""Scenario files: one module a format, read into core values and written back."""
