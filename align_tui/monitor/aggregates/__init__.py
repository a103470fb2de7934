"""The numbers of the overview, which count along as cells change."""
