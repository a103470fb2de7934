"""The table of a paper: methods and models in rows, attributes in columns."""
