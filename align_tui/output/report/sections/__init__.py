"""The parts of a report's appendix: one function each, listed in `registry.py`."""
