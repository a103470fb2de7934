"""Read users' files: limited in size, decoded, with errors that name file, line and key."""
