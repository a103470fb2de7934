"""The actions of the study screen. Each class gets the view state, the session and the host."""
