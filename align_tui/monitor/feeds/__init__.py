"""Feeds: they make snapshots from the run database, live or as a replay of a past run."""
