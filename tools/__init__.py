"""Benchmarks, checks and other programs of the makers; none of them is installed."""
