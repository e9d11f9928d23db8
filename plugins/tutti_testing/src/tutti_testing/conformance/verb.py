"""What every verb must do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from tutti_core import Context, Verb, convert
from tutti_core.errors import TuttiError

from .effects import watched
from .ground import TEAM, Ground, ground

UNKNOWN = "no such thing"


class VerbConformance:
    """What every verb must do.

    A whole test file::

        class TestMine(VerbConformance):
            verb = MINE
            requests = (MineRequest(),)

    Attributes:
        verb: The verb.
        requests: Requests that are answered in a fresh workspace.
        refused: Requests that are refused there.
        team: The `tutti.toml` of the workspace.
    """

    verb: ClassVar[Verb]
    requests: ClassVar[Sequence[Any]]
    refused: ClassVar[Sequence[Any]] = ()
    team: ClassVar[str] = TEAM

    def prepare(self, context: Context) -> None:
        """Put into a fresh workspace what the requests need; nothing by default."""

    def test_it_is_a_verb(self) -> None:
        """It has a name that can stand in a command and in an address, and says what it does."""
        assert isinstance(self.verb, Verb), "a verb is a tutti_core.Verb"
        assert re.fullmatch(r"[a-z][a-z0-9-]*", self.verb.name), (
            f"{self.verb.name!r} cannot name a verb: small letters, digits and '-'"
        )
        summary = self.verb.summary
        assert summary.strip(), "`summary` is empty: say in one line what the verb does"
        assert "\n" not in summary, "`summary` is to be one line"
        assert callable(self.verb.run), "`run` takes the workspace and a request"

    def test_what_it_takes_and_answers_are_values(self) -> None:
        """Request and response are attrs classes that cannot be changed."""
        for kind in (self.verb.request, self.verb.response):
            assert attrs.has(kind), f"{kind.__name__} is to be an attrs class: @attrs.frozen"
            hooks = getattr(kind, "__setattr__", None)
            assert hooks is not object.__setattr__, (
                f"{kind.__name__} can be changed by whoever gets it: make it @attrs.frozen"
            )

    def test_a_request_comes_from_json(self) -> None:
        """Every request goes to JSON and comes back the same: so the HTTP API and MCP ask."""
        assert self.requests, "without a request nothing of the verb can be tested: add one"
        for request in (*self.requests, *self.refused):
            assert isinstance(request, self.verb.request), f"{request} is no {self.verb.request}"
            back, faults = convert(self._through_json(request), self.verb.request)
            told = [(one.path, one.message) for one in faults]
            assert not faults, f"{request} cannot come from JSON: {told}"
            assert back == request, f"{request} comes back from JSON as {back}"

    def test_an_answer_goes_to_json(self, tmp_path: Path) -> None:
        """Every request is answered with the response, which is made of JSON values."""
        with self._ground(tmp_path) as place:
            for request in self.requests:
                answer = self.verb.run(place.context, request)
                wanted = self.verb.response
                assert isinstance(answer, wanted), f"{request} is answered with {answer!r}"
                self._through_json(answer)

    def test_it_reads_only_if_it_says_so(self, tmp_path: Path) -> None:
        """With `reads=True` files and sessions are the same afterwards."""
        if not self.verb.reads:
            return
        with self._ground(tmp_path) as place:
            for request in self.requests:
                with watched(place) as done:
                    self.verb.run(place.context, request)
                assert not done, (
                    f"the verb says that it only reads, and did {done}: leave out `reads=True`, or "
                    "what it does"
                )

    def test_what_it_refuses_is_told(self, tmp_path: Path) -> None:
        """What cannot be done is a `TuttiError` that says what to do."""
        with self._ground(tmp_path) as place:
            for request in self.refused:
                error = self._error_of(place, request)
                assert error is not None, f"{request} is answered, and is to be refused"
                assert isinstance(error, TuttiError), (
                    f"{request} raises {error!r}: raise a TuttiError, which people can read"
                )
                assert error.hint, f"'{error}' does not say what to do: give it a hint"

    def test_any_request_is_answered_or_refused(self, tmp_path: Path) -> None:
        """A verb that reads is asked anything at all, and never fails in another way."""
        if not self.verb.reads:
            return
        with self._ground(tmp_path) as place:

            @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
            @given(self._any_request())
            def check(request: Any) -> None:
                self._is_answered_or_refused(place, request)

            for request in self._unknown():
                self._is_answered_or_refused(place, request)
            check()

    @contextmanager
    def _ground(self, folder: Path) -> Iterator[Ground]:
        with ground(folder, self.team) as place:
            self.prepare(place.context)
            yield place

    def _is_answered_or_refused(self, place: Ground, request: Any) -> None:
        error = self._error_of(place, request)
        assert error is None or isinstance(error, TuttiError), (
            f"{request} raises {error!r}: answer it, or raise a TuttiError"
        )

    def _unknown(self) -> Iterator[Any]:
        """Yield the examples, each text in turn being what nothing is called."""
        texts = [
            one.alias
            for one in attrs.fields(attrs.resolve_types(self.verb.request))
            if one.type is str
        ]
        for request in self.requests:
            for name in texts:
                yield attrs.evolve(request, **{name: UNKNOWN})

    def _any_request(self) -> st.SearchStrategy[Any]:
        """Make up requests; a field whose type nothing can be made up of is as in the examples."""
        kind = attrs.resolve_types(self.verb.request)
        fields = {}
        for field in attrs.fields(kind):
            known = [getattr(one, field.name) for one in (*self.requests, *self.refused)]
            made = st.from_type(field.type) if field.type is not None else st.nothing()
            try:
                made.validate()
            except InvalidArgument:
                made = st.nothing()
            fields[field.alias] = made | st.sampled_from(known)
        return st.builds(kind, **fields)

    def _error_of(self, place: Ground, request: Any) -> Exception | None:
        try:
            self.verb.run(place.context, request)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is the finding
            return error
        return None

    def _through_json(self, value: Any) -> Any:
        try:
            return json.loads(json.dumps(attrs.asdict(value), allow_nan=False))
        except (TypeError, ValueError) as error:
            raise AssertionError(
                f"{type(value).__name__} has what JSON does not know ({error}): use texts, numbers,"
                " tuples, mappings and attrs classes of them"
            ) from error
