"""A program for a terminal that writes down what it is given: arguments, environment, every key.

``python witness.py FOLDER [WORD …]`` makes ``FOLDER/start.json`` as soon as it takes input, appends
all of that to ``FOLDER/input``, shows ``ready``, and lives until it is ended. It asks for bracketed
paste, as agent CLIs do.
"""

from __future__ import annotations

import json
import os
import sys
import tty
from pathlib import Path


def main(folder: Path) -> None:
    """Write down what comes, to the end of input."""
    tty.setraw(0)
    os.write(1, b"\x1b[?2004hready\r\n")
    told = {
        "argv": sys.argv[2:],
        "cwd": str(Path.cwd()),
        "env": dict(os.environ),
        "pid": os.getpid(),
    }
    with (folder / "input").open("ab", buffering=0) as heard:
        unfinished = folder / "start.json.new"
        unfinished.write_text(json.dumps(told), encoding="utf-8")
        unfinished.rename(folder / "start.json")
        while given := os.read(0, 4096):
            heard.write(given)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
