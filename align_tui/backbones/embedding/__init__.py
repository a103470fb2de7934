"""Models that turn texts into vectors: sentence-transformers folders, run by transformers."""
