"""The comparison of two columns of any runs."""
