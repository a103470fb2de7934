"""Safe text: repaired where it enters the program, without secrets and escape codes."""
