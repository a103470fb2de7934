"""A static site of runs: pages that need no server."""
