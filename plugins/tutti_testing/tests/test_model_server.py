"""The scripted model server over a real loopback connection."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

from tutti_testing.model import (
    Cut,
    Delay,
    Error,
    Hang,
    ModelServer,
    Reply,
    Say,
    Slow,
    StreamError,
    Tool,
    usage_limit,
)

BASH = Tool(
    "Bash", {"command": "ls -l", "description": "A description of more than forty characters."}
)
MESSAGES = "/v1/messages?beta=true"


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.text)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events of a stream, each checked to be named twice the same."""
        found = []
        for block in self.text.strip().split("\n\n"):
            name, data = block.split("\n")
            event = json.loads(data.removeprefix("data: "))
            assert name == f"event: {event['type']}"
            found.append(event)
        return found

    @property
    def said(self) -> str:
        """The text of all text deltas."""
        deltas = [e["delta"] for e in self.events if e["type"] == "content_block_delta"]
        return "".join(d.get("text", "") for d in deltas)


class Client:
    """Talks to the server as Claude Code does, keeping the conversation of one session."""

    def __init__(self, server: ModelServer, session: str = "s1", *, stream: bool = True) -> None:
        self.server = server
        self.session = session
        self.stream = stream
        self.messages: list[dict[str, Any]] = []

    def ask(self, content: Any, *, tools: tuple[str, ...] = ("Bash", "Task")) -> Answer:
        """Send the conversation with one more message of the user."""
        self.messages.append({"role": "user", "content": content})
        body = {
            "model": "claude-test",
            "stream": self.stream,
            "messages": self.messages,
            "tools": [{"name": name} for name in tools],
        }
        return self.post(MESSAGES, body)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """Send one request on a connection of its own."""
        named = {"x-claude-code-session-id": self.session, **headers}
        return send(self.server, "POST", path, json.dumps(body), named)

    def turn(self, prompt: str) -> list[str]:
        """Play a whole turn, answering every tool, and return what was said or asked for."""
        heard: list[str] = []
        content: Any = prompt
        while True:
            blocks = self.blocks(self.ask(content))
            heard += [b.get("text") or b["name"] for b in blocks]
            self.messages.append({"role": "assistant", "content": blocks})
            calls = [b for b in blocks if b["type"] == "tool_use"]
            if not calls:
                return heard
            content = [
                {"type": "tool_result", "tool_use_id": b["id"], "content": "ok"} for b in calls
            ]

    def blocks(self, answer: Answer) -> list[dict[str, Any]]:
        """Put the blocks of an answer together again."""
        assert answer.status == 200
        if not self.stream:
            content: list[dict[str, Any]] = answer.json["content"]
            return content
        return list(assembled(answer.events))


def assembled(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the blocks of a stream as the client would keep them."""
    for start in (e for e in events if e["type"] == "content_block_start"):
        deltas = [
            e["delta"]
            for e in events
            if e["type"] == "content_block_delta" and e["index"] == start["index"]
        ]
        block = dict(start["content_block"])
        if block["type"] == "tool_use":
            block["input"] = json.loads("".join(d["partial_json"] for d in deltas))
        else:
            block["text"] = "".join(d["text"] for d in deltas)
        yield block


def send(
    server: ModelServer, method: str, path: str, body: str | None = None, headers: Any = None
) -> Answer:
    """Send one request and read the answer to its end."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, response.read().decode())
    finally:
        connection.close()


def eventually(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Tell whether the condition comes true in time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition() and time.monotonic() < deadline:
        pause.wait(0.01)
    return condition()


def serving_threads() -> int:
    """Return how many connections are being served right now."""
    return sum(thread.name == "model" for thread in threading.enumerate())


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A server; nothing it served may be left over when the test ends."""
    with ModelServer() as running:
        yield running
    assert serving_threads() == 0


@pytest.fixture
def client(server: ModelServer) -> Client:
    """A client of that server."""
    return Client(server)


def test_a_text_is_streamed_in_the_order_of_the_protocol(client: Client) -> None:
    """A stream opens, pings, gives its block and closes with the reason and the usage."""
    client.server.enqueue(Say("one\ntwo"))

    answer = client.ask("hello")

    kinds = [event["type"] for event in answer.events]
    delta = "content_block_delta"
    block = ["content_block_start", delta, delta, "content_block_stop"]
    assert kinds == ["message_start", "ping", *block, "message_delta", "message_stop"]
    assert answer.said == "one\ntwo"
    assert answer.events[0]["message"]["model"] == "claude-test"
    assert answer.events[-2]["delta"]["stop_reason"] == "end_turn"
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_a_tool_call_is_streamed_in_pieces(client: Client) -> None:
    """The input of a tool comes as pieces of JSON, and the answer stops for its result."""
    client.server.enqueue(Reply(Say("Let me see."), BASH))

    answer = client.ask("hello")

    text, tool = client.blocks(answer)
    assert text["text"] == "Let me see."
    assert (tool["name"], tool["input"]) == ("Bash", dict(BASH.input))
    pieces = [e for e in answer.events if e.get("delta", {}).get("type") == "input_json_delta"]
    assert len(pieces) > 1
    assert answer.events[-2]["delta"]["stop_reason"] == "tool_use"


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_a_whole_turn_is_played(server: ModelServer, stream: bool) -> None:
    """Directives give the same turn to a client that streams and to one that does not."""
    client = Client(server, stream=stream)

    heard = client.turn("go [[say first]] [[bash ls]] [[commit all]] [[say last]]")

    assert heard == ["first", "Bash", "Bash", "last"]
    results = [r.tool_results[0].text for r in server.requests if r.tool_results]
    assert results == ["ok", "ok"]


def test_a_whole_answer_has_the_shape_of_a_message(server: ModelServer) -> None:
    """Without streaming the answer is one message with content, reason and usage."""
    server.enqueue(Reply(Slow(2, 0.0), BASH))

    message = Client(server, stream=False).ask("hello").json

    assert message["type"] == "message"
    assert message["content"][0] == {"type": "text", "text": "word1 word2 "}
    assert message["stop_reason"] == "tool_use"
    assert message["usage"]["output_tokens"] > 1


def test_usage_grows_with_the_conversation(client: Client) -> None:
    """The tokens of the parts add up to a size that follows the request's."""
    sizes = []
    for prompt in ("hello", "x" * 4000):
        usage = client.ask(prompt).events[0]["message"]["usage"]
        sizes.append(sum(n for name, n in usage.items() if name.endswith("input_tokens")))

    assert sizes[1] - sizes[0] > 900


def test_slow_words_take_their_time(client: Client) -> None:
    """The words of a slow answer arrive one by one, a pause before each."""
    client.server.enqueue(Slow(12, 0.02))
    begun = time.monotonic()

    answer = client.ask("hello")

    assert answer.said.split() == [f"word{n}" for n in range(1, 13)]
    assert time.monotonic() - begun >= 12 * 0.02


def test_a_delay_comes_before_the_answer(client: Client) -> None:
    """Nothing is sent before the delay is over; then the step that follows is."""
    client.server.enqueue(Delay(0.15, Error(503)))
    begun = time.monotonic()

    answer = client.ask("hello")

    assert time.monotonic() - begun >= 0.15
    assert answer.status == 503


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (503, "api_error"),
        (529, "overloaded_error"),
    ],
)
def test_an_error_has_the_shape_of_the_protocol(client: Client, status: int, kind: str) -> None:
    """An error has its status, its kind, a message and the id of the request."""
    answer = client.ask(f"[[http {status}]]")

    assert answer.status == status
    assert answer.json["type"] == "error"
    assert answer.json["error"]["type"] == kind
    assert answer.json["error"]["message"]
    assert answer.json["request_id"] == answer.headers["request-id"]


def test_an_error_can_say_when_to_try_again(client: Client) -> None:
    """The headers about retries are sent as scripted, and only then."""
    client.server.enqueue(Error(529), Error(529, 1.5, should_retry=False, message="Later, please."))

    bare, told = client.ask("hello"), client.ask("hello")

    assert not {"retry-after", "x-should-retry"} & set(bare.headers)
    assert told.headers["retry-after"] == "1.5"
    assert told.headers["x-should-retry"] == "false"
    assert told.json["error"]["message"] == "Later, please."


def test_a_used_up_plan_says_so_in_headers(client: Client) -> None:
    """The headers of a subscription's limit reach the client."""
    client.server.mode = usage_limit(1_800_000_000)

    answer = client.ask("hello")

    assert answer.status == 429
    assert answer.headers["anthropic-ratelimit-unified-status"] == "rejected"
    assert answer.headers["anthropic-ratelimit-unified-reset"] == "1800000000"


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_a_cut_answer_ends_too_early(server: ModelServer, stream: bool) -> None:
    """The connection ends in the middle, which an HTTP client notices."""
    server.enqueue(Cut(2, pause=0.0))

    with pytest.raises(http.client.IncompleteRead) as caught:
        Client(server, stream=stream).ask("hello")
    if stream:
        assert b"word2" in caught.value.partial
        assert b"message_stop" not in caught.value.partial


def test_an_error_can_come_within_the_stream(client: Client) -> None:
    """After some words the stream ends with an error event instead of its usual end."""
    client.server.enqueue(StreamError(2, pause=0.0))

    answer = client.ask("hello")

    assert answer.said.split() == ["word1", "word2"]
    assert answer.events[-1]["error"]["type"] == "overloaded_error"


@pytest.mark.parametrize("step", [Cut(1, pause=0.15), StreamError(1, pause=0.15)])
def test_a_break_comes_after_a_silence(client: Client, step: Any) -> None:
    """Between the last word and the break there is time for the client to show the word."""
    client.server.enqueue(step)
    begun = time.monotonic()

    with contextlib.suppress(http.client.IncompleteRead):
        client.ask("hello")

    assert time.monotonic() - begun >= 0.15


def test_without_a_stream_the_error_is_the_answer(server: ModelServer) -> None:
    """A client that does not stream gets the error of the stream as a status."""
    server.enqueue(StreamError(2, 500))

    assert Client(server, stream=False).ask("hello").status == 500


def test_a_hang_ends_by_itself(client: Client) -> None:
    """After its time a hanging answer ends without a word."""
    client.server.enqueue(Hang(0.1))

    with pytest.raises(http.client.RemoteDisconnected):
        client.ask("hello")


@pytest.mark.parametrize(
    "step", [Hang(), Slow(10, 60.0), Delay(60.0)], ids=["hang", "slow", "delay"]
)
def test_closing_ends_a_hanging_answer_at_once(step: Any) -> None:
    """Whatever is being waited for, closing the server frees its client within a second."""
    server = ModelServer().start()
    server.enqueue(step)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(Client(server).ask, "hello")
        server.wait_for(lambda request: request.prompt == "hello")
        begun = time.monotonic()

        server.close()

        assert waiting.exception(timeout=1.0) is not None
    assert time.monotonic() - begun < 1.0
    assert serving_threads() == 0


def test_closing_ends_idle_connections() -> None:
    """A client that keeps its connection open does not keep a thread alive."""
    with ModelServer() as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("HEAD", "/")
        assert connection.getresponse().read() == b""
        assert serving_threads() == 1

    assert serving_threads() == 0
    connection.close()


@pytest.mark.parametrize("step", [Hang(), Slow(10_000, 0.01), Slow(100_000, 0.0), Delay(60.0)])
def test_a_client_that_hangs_up_leaves_nothing_behind(
    server: ModelServer, step: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback is printed and the thread ends, though the answer would have gone on."""
    server.enqueue(step)
    body = json.dumps({"stream": True, "tools": [{"name": "Bash"}], "messages": []})
    head = f"POST {MESSAGES} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(f"{head}{body}".encode())
        server.wait_for(lambda request: request.kind == "message")

    assert eventually(lambda: serving_threads() == 0)
    assert capsys.readouterr() == ("", "")


def test_a_request_cut_short_is_no_request(
    server: ModelServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """A client that dies while it sends leaves neither a record nor a traceback."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{")
        assert eventually(lambda: serving_threads() == 1)

    assert eventually(lambda: serving_threads() == 0)
    assert server.requests == []
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "head", ["content-length: -1", "content-length: x", "content-length: 99999999999999"]
)
def test_an_impossible_length_is_refused(server: ModelServer, head: str) -> None:
    """A length that cannot be is answered as a bad request, without trying to read so much."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(f"POST /v1/messages HTTP/1.1\r\nhost: x\r\n{head}\r\n\r\n".encode())

        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_a_body_in_chunks_is_read(server: ModelServer) -> None:
    """A request body may come in chunks."""
    body = json.dumps(
        {"messages": [{"role": "user", "content": "in chunks"}], "tools": [{}]}
    ).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", MESSAGES, iter([body[:9], body[9:]]), encode_chunked=True)

    assert connection.getresponse().status == 200
    connection.close()
    assert server.requests[0].prompt == "in chunks"


def test_auxiliary_calls_take_no_step(client: Client) -> None:
    """A title is made up for a call without tools, and the next turn gets the queued step."""
    client.server.enqueue(Say("for the user"))

    title = client.ask("Make a title of: [[http 500]]", tools=()).said
    client.messages.clear()

    assert json.loads(title)["title"]
    assert client.ask("hello").said == "for the user"
    assert [request.aux for request in client.server.requests] == [True, False]


def test_tokens_are_counted(client: Client) -> None:
    """The size of a request can be asked for beforehand."""
    body = {"messages": [{"role": "user", "content": "x" * 4000}]}

    answer = client.post("/v1/messages/count_tokens?beta=true", body)

    assert 1000 <= answer.json["input_tokens"] <= 1100
    assert client.server.requests[0].kind == "count"


def test_the_probe_is_answered(server: ModelServer) -> None:
    """The request that clients send at their start gets an empty 200."""
    answer = send(server, "HEAD", "/")

    assert (answer.status, answer.text) == (200, "")
    assert server.requests[0].kind == "probe"


def test_a_connection_can_be_used_again(server: ModelServer) -> None:
    """Answers end where they say, so that the next request on the connection is understood."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    body = json.dumps({"messages": [], "stream": True, "tools": [{"name": "Bash"}]})
    for method, path, text in (("HEAD", "/", None), ("POST", MESSAGES, body), ("GET", "/", None)):
        connection.request(method, path, text)
        response = connection.getresponse()
        assert response.status == 200
        response.read()
    connection.close()

    assert [request.kind for request in server.requests] == ["probe", "message", "probe"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_an_unknown_path_is_recorded_and_refused(server: ModelServer, method: str) -> None:
    """What the server does not know is a 404 in the protocol's shape, and can be asserted on."""
    answer = send(server, method, "/api/hello?x=1")

    assert answer.status == 404
    assert answer.json["error"]["type"] == "not_found_error"
    (request,) = server.requests
    assert (request.kind, request.method, request.path) == ("unknown", method, "/api/hello?x=1")


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', '{"messages": "x"}', "[" * 100_000])
def test_a_message_out_of_shape_is_refused(server: ModelServer, body: str) -> None:
    """A body that is no message is a 400 and takes no step."""
    server.enqueue(Say("kept"))

    answer = send(server, "POST", "/v1/messages", body)

    assert (answer.status, answer.json["error"]["type"]) == (400, "invalid_request_error")
    assert server.pending() == [Say("kept")]


def test_a_request_is_recorded_with_its_answer(client: Client) -> None:
    """What was asked, by whom, and which step answered it can be asserted on."""
    client.server.enqueue(BASH, session="s1")

    client.ask("hello")

    (request,) = client.server.requests
    assert (request.protocol, request.path, request.session) == ("anthropic", MESSAGES, "s1")
    assert (request.prompt, request.tools, request.model) == (
        "hello",
        ("Bash", "Task"),
        "claude-test",
    )
    assert request.answer == BASH
    assert abs(request.time - time.time()) < 60


def test_many_sessions_are_scripted_apart(server: ModelServer) -> None:
    """Sessions that run at the same time each get their own script, in order."""
    names = [f"session-{n}" for n in range(8)]
    for name in names:
        server.enqueue(Say(f"{name} a"), BASH, Say(f"{name} b"), session=name)

    with ThreadPoolExecutor(len(names)) as pool:
        clients = [Client(server, name) for name in names]
        heard = list(pool.map(lambda c: c.turn("hello") + c.turn("again"), clients))

    assert heard == [[f"{name} a", "Bash", f"{name} b"] for name in names]


def test_twenty_streams_run_at_once(server: ModelServer) -> None:
    """Twenty slow answers take hardly longer than one, and each is whole."""
    server.mode = Slow(20, 0.02)
    begun = time.monotonic()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: Client(server, f"s{n}").ask("hello"), range(20)))

    assert {answer.said for answer in answers} == {answers[0].said}
    assert all(answer.events[-1]["type"] == "message_stop" for answer in answers)
    assert time.monotonic() - begun < 10 * 20 * 0.02


def test_waiting_finds_requests_past_and_to_come(client: Client) -> None:
    """A request that came before the call is found, and so is one that comes during it."""
    client.ask("past")
    client.ask("since")
    with ThreadPoolExecutor() as pool:
        coming = pool.submit(client.server.wait_for, lambda r: r.prompt == "to come", 10.0)
        past = client.server.wait_for(lambda r: r.prompt == "past")
        client.ask("to come")

        assert past.prompt == "past"
        assert coming.result(timeout=10).prompt == "to come"


def test_waiting_in_vain_says_what_came_instead(client: Client) -> None:
    """The error names the requests that came, so that the reader sees the mistake."""
    client.ask("something else")

    with pytest.raises(TimeoutError, match="something else"):
        client.server.wait_for(lambda request: request.prompt == "never", timeout=0.05)


def test_reset_begins_anew(client: Client) -> None:
    """After a reset neither script nor requests are left."""
    client.ask("hello")
    client.server.mode = Error(529)
    client.server.reset()

    assert client.server.requests == []
    assert client.ask("hello").status == 200


def test_a_server_that_never_started_can_be_closed() -> None:
    """Closing gives the port back, started or not."""
    server = ModelServer()
    port = server.port
    server.close()

    with ModelServer(port) as again:
        assert again.url == f"http://127.0.0.1:{port}"
