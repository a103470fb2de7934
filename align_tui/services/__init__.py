"""What a screen or the command line does to a run: one function for each act."""
