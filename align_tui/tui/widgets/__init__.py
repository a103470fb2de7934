"""The widgets of the screens; each paints lines that a function of `tui.format` made."""
