"""Scorers: functions that score an answer against targets."""
