"""Tests of decision-makers."""
