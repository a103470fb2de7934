"""The list of all runs, and what is done with one."""
