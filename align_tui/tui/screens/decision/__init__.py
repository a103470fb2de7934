"""One decision, with everything that it was made of."""
