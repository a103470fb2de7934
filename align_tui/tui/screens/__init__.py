"""Whole screens, each in a folder with its style sheet."""
