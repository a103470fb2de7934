"""Where snapshots come from: the run database live, or a past run replayed."""
