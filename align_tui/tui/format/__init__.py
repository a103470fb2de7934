"""What is shown, worked out by pure functions that know nothing of Textual."""
