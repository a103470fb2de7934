"""Reports on one or several runs, as Markdown or as an HTML page with plots."""
