"""The views of the overview below the panes, one module each."""
