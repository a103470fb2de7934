"""`python -m align_tui`."""

from align_tui.isolation import leave_working_folder

if __name__ == "__main__":
    leave_working_folder(as_module=True)

    from align_tui.cli import main

    main()
