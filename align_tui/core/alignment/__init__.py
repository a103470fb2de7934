"""Alignment functions: from predictions, targets and relevance to a ranking of the choices."""
