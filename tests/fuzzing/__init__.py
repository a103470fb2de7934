"""Make, mutate and read hostile files for every reader."""
