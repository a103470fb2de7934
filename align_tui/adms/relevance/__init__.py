"""Relevance predictors, one module each: how much each attribute matters in a scenario."""
