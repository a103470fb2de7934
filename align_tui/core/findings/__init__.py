"""Findings: what in a run makes its numbers doubtful, each with its evidence."""
