"""Read scenario files into core values and write them: one module for each format."""
