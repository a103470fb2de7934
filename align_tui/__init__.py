"""Compare how language models decide when they are told to value an attribute."""

__version__ = "0.1.0"
