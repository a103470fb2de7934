"""Scorers: what a decision is worth against a target."""
