"""Tests of the run database."""
