"""Logs of Inspect (inspect_ai of the UK AI Security Institute)."""
