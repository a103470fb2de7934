"""Assemble, check, edit and save studies."""
