"""Encoder-decoder models (T5, Kaleido) in this process: they rate, write and explain statements."""
