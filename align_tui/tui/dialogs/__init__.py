"""Dialogs, which open over a screen and return a value."""
