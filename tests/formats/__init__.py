"""Tests of scenario formats."""
