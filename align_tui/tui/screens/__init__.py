"""Whole screens, each with its own style sheet."""
