"""DecisionFlow (arXiv 2505.21397): a model's decision in seven named steps."""
