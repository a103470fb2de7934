"""Exporters: a run written out for other programs, one module a format."""
