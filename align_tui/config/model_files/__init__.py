"""What the files of a model on this machine hold, read without loading it."""
