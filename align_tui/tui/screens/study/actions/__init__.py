"""What the keys of the study screen do, a module an idea; each gets state, session and host."""
