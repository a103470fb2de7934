"""Read the TOML files of profiles, studies and attribute packs into core values."""
