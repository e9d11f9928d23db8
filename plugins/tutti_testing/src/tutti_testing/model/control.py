"""Scripting a running server over HTTP, for shells and for tests in other languages.

``POST /_control`` takes a JSON object; each key may be left out, and all is checked before any of
it is done::

    {"reset": true, "mode": STEP or null, "enqueue": [STEP, ...], "session": "id or nothing"}

``GET /_requests`` gives the requests so far, ``GET /_requests?full=1`` with their bodies. A STEP is
an object such as ``{"step": "error", "status": 529}``, or a text of directives.
"""

from __future__ import annotations

import json
from typing import Any

from tutti_testing.model.forms import decode_steps, encode_request, encode_step
from tutti_testing.model.log import RequestLog
from tutti_testing.model.protocol import Answer, json_answer
from tutti_testing.model.request import Raw
from tutti_testing.model.script import Script

_KEYS = frozenset({"reset", "mode", "enqueue", "session"})


def concerns(raw: Raw) -> bool:
    """Tell whether a request is meant for the server itself, not for the model."""
    return raw.path.partition("?")[0] in {"/_control", "/_requests"}


def answer(raw: Raw, script: Script, log: RequestLog) -> Answer:
    """Do what a request to the server itself asks for."""
    path, _, query = raw.path.partition("?")
    if "origin" in raw.headers:
        # A web page in a browser must not be able to script a tool call into somebody's agent.
        return json_answer(403, {"error": "not from a web page"})
    if (raw.method, path) == ("GET", "/_requests"):
        full = "full=1" in query.split("&")
        return json_answer(200, {"requests": [encode_request(r, full=full) for r in log.all()]})
    if (raw.method, path) == ("POST", "/_control"):
        return _control(raw, script, log)
    return json_answer(405, {"error": "POST /_control or GET /_requests"})


def _control(raw: Raw, script: Script, log: RequestLog) -> Answer:
    try:
        order = _order(json.loads(raw.body or b"{}"))
        steps = [step for value in order.get("enqueue", ()) for step in decode_steps(value)]
        mode = _mode(order)
    except (TypeError, ValueError, RecursionError) as error:
        return json_answer(400, {"error": str(error)})
    if order.get("reset"):
        script.clear()
        log.clear()
    if "mode" in order:
        script.mode = mode
    script.enqueue(*steps, session=order.get("session"))
    return json_answer(200, _state(script, order.get("session")))


def _order(order: Any) -> dict[str, Any]:
    if not isinstance(order, dict) or not _KEYS.issuperset(order):
        raise ValueError(f"wanted an object with some of the keys {' '.join(sorted(_KEYS))}")
    if not isinstance(order.get("enqueue", []), list):
        raise TypeError("'enqueue' is a list of steps")
    if not isinstance(order.get("session", ""), (str, type(None))):
        raise TypeError("'session' is a text")
    return order


def _mode(order: dict[str, Any]) -> Any:
    if order.get("mode") is None:
        return None
    steps = decode_steps(order["mode"])
    if len(steps) != 1:
        raise ValueError(f"a mode is one step, not {len(steps)}")
    return steps[0]


def _state(script: Script, session: str | None) -> dict[str, Any]:
    mode = script.mode
    pending = [encode_step(step) for step in script.pending(session)]
    return {"mode": None if mode is None else encode_step(mode), "pending": pending}
