"""What a model is asked: default texts, templates and the sandbox that renders them."""
