"""Bundles: one file with everything of a run, which any program can read (docs/formats.md)."""
