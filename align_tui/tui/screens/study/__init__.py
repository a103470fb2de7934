"""The study screen: panes, list, what the user looks at, and what a key does."""
