"""Models that run on OpenAI-compatible servers, through Outlines' async clients."""
