"""The run database: the only channel between the engine and every screen."""
