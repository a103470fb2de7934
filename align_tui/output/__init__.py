"""Runs as text for other programs and for papers: JSON Lines, tables, files."""
