"""Raters: they ask a model how much each choice expresses an attribute."""
