"""What screens, reports and viewers read of a run. No Textual here."""
