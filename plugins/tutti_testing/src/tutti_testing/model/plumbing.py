"""The HTTP plumbing: connections, bodies, chunks, and pauses that end when nobody listens."""

from __future__ import annotations

import contextlib
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NoReturn

from tutti_testing.model.protocol import Answer, Drop, Pause
from tutti_testing.model.request import Raw

_HOST = "127.0.0.1"
_JOIN_SECONDS = 2.0
_LARGEST_BODY = 256 * 1024 * 1024


class Gone(ConnectionError):
    """Nobody listens any more: the client hung up, or the server is closing."""


class Wire:
    """The connection of one request, to answer on once."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than somebody listens.

        Args:
            seconds: How long.

        Raises:
            Gone: The client hung up or the server closes meanwhile.
        """
        deadline = time.monotonic() + seconds
        if self._stirs(seconds):
            self._require_listener()
            # The client has sent more, which cannot be watched past: only closing can wake us now.
            rest = max(0.0, deadline - time.monotonic())
            if self._handler.server.closing.wait(rest):
                raise Gone

    def send(self, answer: Answer) -> None:
        """Send an answer, acting out its pauses and its end.

        Raises:
            Gone: The answer ends before its time.
        """
        if answer.streamed:
            self._stream(answer)
        else:
            self._whole(answer)

    def drop(self) -> NoReturn:
        """End the connection without another word.

        Raises:
            Gone: Always, to leave whatever was being done.
        """
        raise Gone

    def _stirs(self, seconds: float) -> bool:
        with selectors.DefaultSelector() as selector:
            selector.register(self._handler.connection, selectors.EVENT_READ)
            return bool(selector.select(seconds)) or self._handler.server.closing.is_set()

    def _require_listener(self) -> None:
        connection = self._handler.connection
        if self._handler.server.closing.is_set() or not connection.recv(1, socket.MSG_PEEK):
            raise Gone

    def _head(self, answer: Answer, name: str, value: str) -> None:
        self._handler.send_response(answer.status)
        for header in (*answer.headers.items(), (name, value)):
            self._handler.send_header(*header)
        self._handler.end_headers()

    def _stream(self, answer: Answer) -> None:
        self._head(answer, "transfer-encoding", "chunked")
        for part in answer.parts:
            if isinstance(part, Pause):
                self.pause(part.seconds)
            elif isinstance(part, Drop):
                self.drop()
            elif part:
                data = part.encode()
                self._handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self._handler.wfile.write(b"0\r\n\r\n")

    def _whole(self, answer: Answer) -> None:
        body, dropped = bytearray(), False
        for part in answer.parts:
            if isinstance(part, Pause):
                self.pause(part.seconds)
            elif isinstance(part, Drop):
                dropped = True
            else:
                body += part.encode()
        # A dropped answer promises more than it brings.
        self._head(answer, "content-length", str(len(body) + dropped))
        if self._handler.command != "HEAD":
            self._handler.wfile.write(body)
        if dropped:
            self.drop()


Reception = Callable[[Raw, Wire], None]


class Handler(BaseHTTPRequestHandler):
    """Reads whole requests off one connection and hands them to the reception."""

    protocol_version = "HTTP/1.1"
    server_version = "tutti-model"
    sys_version = ""
    disable_nagle_algorithm = True
    server: Listener

    def _exchange(self) -> None:
        try:
            raw = Raw(time.time(), self.command, self.path, self._lowered(), self._body())
        except ValueError:
            self.send_error(400)
            self.close_connection = True
            return
        try:
            self.server.reception(raw, Wire(self))
        except ConnectionError:
            self.close_connection = True

    # The names are those that http.server looks for.
    do_GET = do_HEAD = do_POST = _exchange  # noqa: N815
    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _exchange  # noqa: N815

    def log_message(self, *_args: Any, **_named: Any) -> None:
        """Print nothing: the requests are recorded by whoever receives them."""

    def _lowered(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            return b"".join(self._chunks())
        return self._exactly(int(self.headers.get("content-length") or 0))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(1024).partition(b";")[0], 16):
            yield self._exactly(size)
            self.rfile.readline(1024)
        while self.rfile.readline(65536).strip():
            pass

    def _exactly(self, size: int) -> bytes:
        if not 0 <= size <= _LARGEST_BODY:
            raise ValueError(f"a body of {size} bytes")
        data = self.rfile.read(size)
        if len(data) < size:
            raise ValueError(f"{len(data)} bytes of {size}")
        return data


class Listener(ThreadingHTTPServer):
    """A server on the loopback address that can be closed at once, whatever it is saying.

    Args:
        port: The port to listen on; 0 for any free one.
        reception: Called with every request, in a thread of the connection's own.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, reception: Reception) -> None:
        super().__init__((_HOST, port), Handler)
        self.reception = reception
        self.closing = threading.Event()
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread that ``hang_up`` knows of."""
        arguments = (request, client_address)
        thread = threading.Thread(target=self._serve, args=arguments, name="model", daemon=True)
        with self._lock:
            self._connections[thread] = request
        thread.start()

    def _serve(self, request: socket.socket, client_address: Any) -> None:
        try:
            self.process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections.pop(threading.current_thread(), None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over clients that hung up; show what is a mistake of ours."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """Stop listening, end every connection and wait for its thread."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            connections = dict(self._connections)
        for connection in connections.values():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in connections:
            thread.join(_JOIN_SECONDS)
