"""The screen of one decision, with everything that it was made of."""
