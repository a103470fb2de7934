"""Tests of the core values and functions."""
