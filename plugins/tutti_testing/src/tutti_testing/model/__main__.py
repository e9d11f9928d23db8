"""``python -m tutti_testing.model``: the server on its own, until it is interrupted."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from tutti_testing.model.forms import encode_request
from tutti_testing.model.request import Request
from tutti_testing.model.server import ModelServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM.

    Args:
        arguments: The command line; None for the process's own.

    Returns:
        The exit code: 0.
    """
    options = _parser().parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with ModelServer(options.port, on_request=_writer(options.log)) as server:
        _announce(server, options.port_file)
        stopped.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tutti_testing.model",
        description="A scripted model server on the loopback address.",
        epilog="Script it with POST /_control, ask it with GET /_requests, or write directives "
        "such as [[bash ls]] into a prompt.",
    )
    parser.add_argument("--port", type=int, default=0, help="the port; 0 for any free one")
    parser.add_argument("--log", type=Path, help="append every request as a line of JSON")
    parser.add_argument("--port-file", type=Path, help="write the port here once it is open")
    return parser


def _writer(path: Path | None) -> Callable[[Request], None] | None:
    if path is None:
        return None
    # Credentials are blotted out, yet a prompt is nobody else's business either.
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", 1)
    lock = threading.Lock()

    def write(request: Request) -> None:
        with lock:
            _write_line(file, request)

    return write


def _write_line(file: TextIO, request: Request) -> None:
    file.write(json.dumps(encode_request(request)) + "\n")


def _announce(server: ModelServer, port_file: Path | None) -> None:
    if port_file is not None:
        draft = port_file.with_name(f".{port_file.name}.{os.getpid()}")
        draft.write_text(f"{server.port}\n", encoding="utf-8")
        draft.replace(port_file)
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
