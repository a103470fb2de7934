"""Files of align-system (ITM-Kitware): scenarios, runs and targets."""
