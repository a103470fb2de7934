"""Parts of the trainer of the demonstration language model."""
