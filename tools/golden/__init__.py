"""Golden vectors: compare this program's functions with the results of align-system's."""
