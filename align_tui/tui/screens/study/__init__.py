"""The study screen: its panes, its list of scenarios, its view state and its actions."""
