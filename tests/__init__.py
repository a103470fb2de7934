"""Tests mirror the package's folders."""
