"""What the overview says of a run, counted as its cells change."""
