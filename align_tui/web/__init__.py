"""The same application in a browser: `align-tui serve`."""
