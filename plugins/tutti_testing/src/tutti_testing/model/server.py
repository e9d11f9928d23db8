"""The scripted model server, for tests that drive a real agent CLI without a model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import TracebackType

import attrs

from tutti_testing.model import control
from tutti_testing.model.anthropic import AnthropicProtocol
from tutti_testing.model.chat import ChatProtocol
from tutti_testing.model.log import Predicate, RequestLog
from tutti_testing.model.plumbing import Listener, Wire
from tutti_testing.model.protocol import ModelProtocol
from tutti_testing.model.request import Raw, Request, unread
from tutti_testing.model.responses import ResponsesProtocol
from tutti_testing.model.script import Script
from tutti_testing.model.steps import Delay, Hang, Step


class ModelServer:
    """A model server on the loopback address that answers what the test says.

    ::

        with ModelServer() as server:
            server.enqueue(Tool("Bash", {"command": "ls"}), Say("That is all."))
            run_the_cli(ANTHROPIC_BASE_URL=server.url)
            assert server.wait_for(lambda r: r.tool_results).prompt == ""

    Args:
        port: The port to listen on; 0 for any free one.
        protocols: The protocols it speaks, all of ours by default; the first one words the answer
            to an unknown path.
        on_request: Told about every request in the thread that serves it, before its answer.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        protocols: Sequence[ModelProtocol] = (),
        on_request: Callable[[Request], None] | None = None,
    ) -> None:
        ours = (AnthropicProtocol(), ResponsesProtocol(), ChatProtocol())
        self._protocols = tuple(protocols) or ours
        self._on_request = on_request
        self._log = RequestLog()
        self._script = Script()
        self._listener = Listener(port, self._receive)
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.05,), name="model server", daemon=True
        )

    def __enter__(self) -> ModelServer:
        return self.start()

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> ModelServer:
        """Begin to serve, and return the server itself."""
        self._thread.start()
        return self

    def close(self) -> None:
        """End every answer at once, however long it was to hang, and give the port back."""
        if self._thread.is_alive():
            self._listener.hang_up()
            self._thread.join()
        else:
            self._listener.server_close()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.server_address[1])

    @property
    def url(self) -> str:
        """The base URL to give to the client, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[Request]:
        """All requests so far, oldest first; a list of the caller's own."""
        return self._log.all()

    @property
    def mode(self) -> Step | None:
        """The standing step that answers everything until it is set to None."""
        return self._script.mode

    @mode.setter
    def mode(self, step: Step | None) -> None:
        self._script.mode = step

    def enqueue(self, *steps: Step, session: str | None = None) -> None:
        """Append steps to a queue; each answers one request.

        Args:
            steps: What to answer, in order.
            session: The id of the session they are for; None for whoever asks first.

        Raises:
            TypeError: One of them is not a step.
        """
        self._script.enqueue(*steps, session=session)

    def pending(self, session: str | None = None) -> list[Step]:
        """Return the steps of one queue that have not been taken yet."""
        return self._script.pending(session)

    def wait_for(self, predicate: Predicate, timeout: float = 10.0) -> Request:
        """Return the first request, past or to come, that the predicate accepts.

        Args:
            predicate: Asked about each request, oldest first.
            timeout: Seconds to wait at most.

        Raises:
            TimeoutError: None was accepted in time; the message lists what came instead.
        """
        return self._log.wait_for(predicate, timeout)

    def reset(self) -> None:
        """Forget the script and the requests, as if just started."""
        self._script.clear()
        self._log.clear()

    def _receive(self, raw: Raw, wire: Wire) -> None:
        if control.concerns(raw):
            wire.send(control.answer(raw, self._script, self._log))
            return
        protocol, request = self._read(raw)
        if request.kind != "message":
            self._record(request)
            wire.send(protocol.reply(request))
            return
        step = self._script.choose(request, protocol.auxiliary(request))
        self._record(attrs.evolve(request, answer=step))
        _perform(wire, protocol, request, step)

    def _record(self, request: Request) -> None:
        self._log.add(request)
        if self._on_request is not None:
            self._on_request(request)

    def _read(self, raw: Raw) -> tuple[ModelProtocol, Request]:
        for protocol in self._protocols:
            request = protocol.read(raw)
            if request is not None:
                return protocol, request
        return self._protocols[0], unread(raw)


def _perform(wire: Wire, protocol: ModelProtocol, request: Request, step: Step) -> None:
    while isinstance(step, Delay):
        wire.pause(step.seconds)
        step = step.then
    if isinstance(step, Hang):
        wire.pause(step.seconds)
        wire.drop()
    wire.send(protocol.answer(request, step))
