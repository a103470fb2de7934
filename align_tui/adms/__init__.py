"""Decision-makers, one module each: async functions (scenario, targets, llm) -> Decision."""
