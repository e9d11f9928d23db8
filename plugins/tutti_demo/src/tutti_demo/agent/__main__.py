"""Run the scripted agent: ``python -m tutti_demo.agent [options] [-- PROMPT]``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tutti_demo.agent import home
from tutti_demo.agent.app import App
from tutti_demo.agent.options import Options, read
from tutti_demo.agent.session import Session
from tutti_demo.agent.terminal import Terminal


def main() -> int:
    """Run the program.

    Returns:
        Its exit code; 1 when the session asked for cannot be had, 2 without a terminal.
    """
    options = read(sys.argv[1:])
    root, cwd = home.folder(), str(Path.cwd())
    problem = _problem(options, home.transcript_path(root, cwd, options.session))
    if problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    if not (os.isatty(0) and os.isatty(1)):
        sys.stderr.write("This program needs a terminal as its input and output.\n")
        return 2
    log = os.environ.get("TUTTI_DEMO_BYTES")
    return App(Session(options, root, cwd), Terminal(Path(log) if log else None)).run()


def _problem(options: Options, path: Path) -> str:
    if options.resume and not path.exists():
        return f"No conversation found with session ID: {options.session}"
    if not options.resume and path.exists():
        return f"Session ID {options.session} is already in use."
    return ""


sys.exit(main())
