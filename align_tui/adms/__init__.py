"""Decision-makers: one module each, async functions over (scenario, targets, llm) -> Decision."""
