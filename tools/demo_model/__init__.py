"""The trainer of the demo model."""
