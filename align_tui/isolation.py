"""Keep Python from importing modules of the working folder.

Python looks for modules in the working folder when it is started with `-m`, and in every relative
entry of PYTHONPATH. A `json.py` that happens to be there would run as the user. This module imports
only modules that the interpreter has loaded already: it runs before it can protect itself.
"""

import os
import sys

SAFE = {"PYTHONSAFEPATH": "1"}


def leave_working_folder(*, as_module: bool = False) -> None:
    """Remove the working folder from `sys.path`, in this process and its child processes.

    `as_module`: this process was started with `-m`, which puts the working folder first.
    Absolute entries of PYTHONPATH stay: the user has named them.
    """
    try:
        here = os.getcwd()
    except OSError:  # it was deleted
        here = ""
    unwanted = {"", "."}
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    unwanted |= {os.path.join(here, each) for each in entries if not os.path.isabs(each)}
    unwanted = {os.path.normpath(each) if each else each for each in unwanted}
    wanted = {os.path.normpath(each) for each in entries if os.path.isabs(each)}
    if as_module and not sys.flags.safe_path and sys.path and sys.path[0] in ("", here):
        del sys.path[0]
    if os.environ.get("PYTHONPATH"):
        sys.path[:] = [
            each
            for each in sys.path
            if os.path.normpath(each) in wanted or os.path.normpath(each) not in unwanted
        ]
        kept = os.pathsep.join(each for each in entries if os.path.isabs(each))
        if kept:
            os.environ["PYTHONPATH"] = kept
        else:
            del os.environ["PYTHONPATH"]
    sys.path[:] = [each for each in sys.path if each not in ("", ".")]
    os.environ.update(SAFE)


def own_command(*words: str) -> list[str]:
    """The command line that runs `align-tui WORDS` without modules of the working folder."""
    return [sys.executable, "-P", "-m", "align_tui", *words]
