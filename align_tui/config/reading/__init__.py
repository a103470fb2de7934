"""Reading files of users: bounded, decoded, with errors that name file, line and key."""
