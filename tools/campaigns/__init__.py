"""The kinds of trials of tools/campaign.py, one module each."""
