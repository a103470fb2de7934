"""The worker process: claims samples, runs decision-makers side by side, writes what they say."""
