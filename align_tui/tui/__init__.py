"""The terminal screens. Importing this package loads nothing; `tui.app.run` opens them."""
