"""Read the one log in a folder with Inspect itself, write it as .eval, and say what was read.

A script: `python inspect_reader.py FOLDER`, where inspect_ai can be imported. It prints JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path


def main(folder: Path) -> None:
    logs = importlib.import_module("inspect_ai.log")
    [path] = folder.glob("*.json")
    header = logs.read_eval_log(str(path), header_only=True)
    found = logs.read_eval_log(str(path))
    listed = len(logs.list_eval_logs(str(folder)))
    logs.write_eval_log(found, str(folder / "log.eval"))
    told = {
        "header": [header.status, header.eval.model],
        "read": [found.status, found.eval.model],
        "samples": [[sample.id, sample.epoch] for sample in found.samples],
        "listed": listed,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
