"""In-context examples: solved scenarios that a prompt shows before its question. Pure functions."""
