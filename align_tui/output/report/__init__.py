"""Reports: what one or several runs found, as Markdown or as one page with plots."""
