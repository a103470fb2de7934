"""Dialogs: they lie over a screen and return a value."""
