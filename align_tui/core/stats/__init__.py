"""Statistics of decisions: rates with intervals, pairs, agreement."""
