"""A run as a table: one row a sample, with the same columns in CSV, Parquet and a DataFrame."""
