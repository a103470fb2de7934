"""Pipelines: named steps over one working state, and the check of what each takes and gives."""
