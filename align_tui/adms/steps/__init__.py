"""The steps of pipelines, one module for each idea; config/steps.py lists them by name."""
