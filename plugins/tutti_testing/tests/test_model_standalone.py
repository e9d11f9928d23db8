"""The server as a program of its own, scripted over HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tutti_testing.model import Error, ModelServer, Say, Tool

PROMPT = {"role": "user", "content": "hello"}
MESSAGE = {"messages": [PROMPT], "tools": [{"name": "Bash"}], "stream": False}


def call(url: str, body: Any = None, **headers: str) -> Any:
    """Send a GET, or a POST if there is a body, and return the decoded answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def refused(url: str, body: Any, **headers: str) -> tuple[int, str]:
    """Send what is to be refused, and return the status and the reason."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        call(url, body, **headers)
    with caught.value as answer:
        return answer.code, json.load(answer)["error"]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A server within the test's own process."""
    with ModelServer() as running:
        yield running


def test_control_fills_the_queues(server: ModelServer) -> None:
    """Steps come as objects or as directives, for one session or for all."""
    order = {"enqueue": [{"step": "error", "status": 529}, "[[bash ls]] [[say end]]", "say x"]}

    told = call(f"{server.url}/_control", {**order, "session": "s"})

    bash = Tool("Bash", {"command": "ls", "description": "Run a scripted command"})
    assert server.pending("s") == [Error(529), bash, Say("end"), Say("x")]
    assert [step["step"] for step in told["pending"]] == ["error", "tool", "say", "say"]
    assert server.pending() == []


def test_control_sets_the_mode_and_resets(server: ModelServer) -> None:
    """A mode stands until it is null; a reset comes before what else is ordered."""
    url = f"{server.url}/_control"

    assert call(url, {"mode": "http 529"})["mode"]["status"] == 529
    assert server.mode == Error(529)
    assert call(url, {"enqueue": []})["mode"] is not None
    assert call(url, {"mode": None})["mode"] is None
    call(url, {"enqueue": ["say x"]})
    call(url, {"reset": True, "enqueue": ["say y"]})
    assert server.pending() == [Say("y")]


@pytest.mark.parametrize(
    "order",
    [
        [],
        {"queue": []},
        {"enqueue": "say x"},
        {"enqueue": ["say x", "nonsense"]},
        {"mode": "[[bash a]] [[bash b]]"},
        {"session": 3},
        {"enqueue": [{"step": "slow", "words": "x"}]},
    ],
)
def test_control_refuses_what_it_cannot_do(server: ModelServer, order: Any) -> None:
    """An order with a mistake is refused with a reason, and none of it is done."""
    status, reason = refused(f"{server.url}/_control", order)

    assert status == 400
    assert reason
    assert server.pending() == []
    assert server.mode is None


@pytest.mark.parametrize("path", ["/_control", "/_requests"])
def test_control_refuses_web_pages(server: ModelServer, path: str) -> None:
    """A page in a browser, which always says where it is from, can neither script nor read."""
    status, _ = refused(f"{server.url}{path}", {"enqueue": ["bash x"]}, Origin="http://evil.test")

    assert status == 403
    assert server.pending() == []


def test_requests_can_be_read(server: ModelServer) -> None:
    """The requests so far are given as JSON, with their bodies only if asked for."""
    call(f"{server.url}/v1/messages", MESSAGE)

    (brief,) = call(f"{server.url}/_requests")["requests"]
    (full,) = call(f"{server.url}/_requests?full=1")["requests"]

    assert (brief["prompt"], brief["answer"]["step"]) == ("hello", "say")
    assert "body" not in brief
    assert full["body"] == MESSAGE
    assert full["tools"] == ["Bash"]


class Program(NamedTuple):
    """The running program."""

    process: subprocess.Popen[str]
    url: str
    log: Path


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """``python -m tutti_testing.model`` in a process of its own."""
    port_file, log = tmp_path / "port", tmp_path / "log.jsonl"
    command = [sys.executable, "-m", "tutti_testing.model", "--port", "0"]
    command += ["--log", str(log), "--port-file", str(port_file)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield Program(process, f"http://127.0.0.1:{_port(port_file)}", log)
        finally:
            process.kill()


def _port(path: Path) -> int:
    deadline, pause = time.monotonic() + 20, threading.Event()
    while not path.exists() and time.monotonic() < deadline:
        pause.wait(0.01)
    return int(path.read_text(encoding="utf-8"))


def test_the_program_serves_and_logs(program: Program) -> None:
    """It writes its port, says its URL, answers by script and logs every request as a line."""
    call(f"{program.url}/_control", {"enqueue": ["say from the shell"]})

    message = call(f"{program.url}/v1/messages", MESSAGE, **{"x-api-key": "sk-secret"})

    assert message["content"][0]["text"] == "from the shell"
    (line,) = program.log.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["prompt"] == "hello"
    assert "secret" not in line
    assert program.log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_ends_quietly(program: Program, number: signal.Signals) -> None:
    """A signal ends it at once, with exit code 0 and nothing on stderr."""
    program.process.send_signal(number)

    out, err = program.process.communicate(timeout=10)

    assert (program.process.returncode, err) == (0, "")
    assert out == f"{program.url}\n"
