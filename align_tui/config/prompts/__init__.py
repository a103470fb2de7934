"""Prompts: default templates, and the sandbox that renders templates."""
