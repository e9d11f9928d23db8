"""The record of all requests: written by many threads, waited on by the test."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tutti_testing.model.request import Request

Predicate = Callable[[Request], bool]


class RequestLog:
    """A list of requests that can be waited on."""

    def __init__(self) -> None:
        self._requests: list[Request] = []
        self._grown = threading.Condition()

    def add(self, request: Request) -> None:
        """Append a request and wake whoever waits for one."""
        with self._grown:
            self._requests.append(request)
            self._grown.notify_all()

    def all(self) -> list[Request]:
        """Return the requests so far, oldest first, as a list of the caller's own."""
        with self._grown:
            return list(self._requests)

    def clear(self) -> None:
        """Forget all requests."""
        with self._grown:
            self._requests.clear()

    def wait_for(self, predicate: Predicate, timeout: float) -> Request:
        """Return the first request, past or to come, that the predicate accepts.

        Args:
            predicate: Asked about each request once, oldest first.
            timeout: Seconds to wait at most.

        Raises:
            TimeoutError: None was accepted in time; the message lists what came instead.
        """
        found: list[Request] = []
        asked = 0

        def scan() -> bool:
            nonlocal asked
            fresh, asked = self._requests[asked:], len(self._requests)
            found.extend(request for request in fresh if predicate(request))
            return bool(found)

        with self._grown:
            if not self._grown.wait_for(scan, timeout):
                raise TimeoutError(self._missed(timeout))
        return found[0]

    def _missed(self, timeout: float) -> str:
        seen = [f"  {r.method} {r.path} {r.prompt[:60]!r}" for r in self._requests[-10:]]
        head = f"no such request within {timeout} s; {len(self._requests)} came"
        return "\n".join([f"{head}, the last of them:" if seen else head, *seen])
