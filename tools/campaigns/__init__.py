"""What tools/campaign.py does to real processes, kind by kind."""
