"""Hostile files for every reader: made, mutated, and read."""
