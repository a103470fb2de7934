"""Ways to run a model. Whatever is awaited at the same time decodes together."""
