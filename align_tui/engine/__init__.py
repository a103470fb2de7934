"""The worker process: it claims samples, runs decision-makers and writes their decisions."""
