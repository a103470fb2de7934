"""The screen. Importing this package loads nothing; `align_tui.tui.app.run` opens it."""
