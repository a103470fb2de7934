"""TOML files of profiles, studies and attribute packs, read into core values."""
