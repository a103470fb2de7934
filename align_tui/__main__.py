"""`python -m align_tui`."""

from align_tui.cli import main

if __name__ == "__main__":
    main()
