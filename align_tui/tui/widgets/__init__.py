"""The parts of a screen: each paints what a function of `tui.view` worked out."""
