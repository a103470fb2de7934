"""Golden vectors: what align-system's own functions give, and whether ours give the same."""
