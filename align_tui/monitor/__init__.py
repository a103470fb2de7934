"""Read runs for screens, reports and headless viewers. Nothing here imports Textual."""
