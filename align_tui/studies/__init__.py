"""A study: put together and checked, edited for a what-if, saved."""
