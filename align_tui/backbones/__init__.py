"""Ways to run a model. Requests that wait at the same time decode together."""
