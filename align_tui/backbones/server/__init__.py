"""Models on OpenAI-compatible servers, through Outlines' async clients."""
