"""Text made safe: repaired where it enters, without secrets, without escape codes."""
