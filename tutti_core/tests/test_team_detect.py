"""`detect`: the contract's fields, and what they stand on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.errors import ConfigError, RuntimeFailure
from tutti_core.model.reading import KINDS, STATES, Evidence, Observation, Reading
from tutti_core.team.detect import DetectRequest, detect, matches
from tutti_core.team.up import UpRequest, up


def found(context: Any, name: str = "one", **more: Any) -> dict[str, Any]:
    """What `detect` says of an agent."""
    return detect(context, DetectRequest(name, **more)).record


class Loud:
    """A detector that hears what no rule does, or fails."""

    name, runtime = "loud", ""

    def __init__(self, *evidence: Evidence) -> None:
        self.evidence = evidence

    def detect(self, observation: Observation) -> tuple[Evidence, ...]:
        if not self.evidence:
            raise ValueError("deaf")
        return self.evidence


class TestDetect:
    """One look at one agent."""

    def test_looks_at_so_many_rows(self, crew: Any) -> None:
        """Only the last rows count if fewer are asked for, but never fewer than a dialog needs."""
        context = crew.context("one")
        up(context, UpRequest(wait=False))
        crew.host.screen = "\n".join(["x"] * 29 + [">"])
        for asked, rows in ((200, 30), (30, 30), (29, 29), (20, 20), (1, 20)):
            record = found(context, lines=asked)
            assert record["sources"][3]["shows"] == f"200x50, {rows} rows filled"
            assert record["state"] == "idle"

    def test_shows_one_that_is_configured_no_more(self, crew: Any) -> None:
        """What runs is seen; who does not run is refused, and who is nobody too."""
        up(crew.context("one", "two"), UpRequest(agents=("one",), wait=False))
        context = crew.context("two")
        assert found(context)["runtime"] == "echo"
        with pytest.raises(RuntimeFailure, match="two is not running"):
            found(context, "two")
        with pytest.raises(ConfigError, match="no agent 'three'"):
            found(context, "three")

    def test_hears_detectors_and_their_failures(self, crew: Any) -> None:
        """A plugin's evidence counts, and one that fails is shown and decides nothing."""
        heard = Evidence("loud", "rate_limited", detail="until 3pm", priority=9)
        crew.add("a", tutti_detectors=lambda: [Loud(heard)])
        context = crew.context("one")
        up(context, UpRequest(wait=False))
        record = found(context)
        assert record["rate_limit_match"] == "until 3pm"
        assert (record["state"], record["status"]) == ("rate_limited", "Unknown")
        assert record["completion_match"] is None

    def test_a_detector_that_fails_matches_nothing(self, crew: Any) -> None:
        """It is among the evidence, as a remark."""
        crew.add("a", tutti_detectors=lambda: [Loud()])
        context = crew.context("one")
        up(context, UpRequest(wait=False))
        record = found(context)
        assert record["evidence"][-1]["detail"] == "ValueError: deaf"
        assert not any("deaf" in one for one in record["matched_patterns"])

    def test_says_how_one_ended(self, crew: Any) -> None:
        """A dead process is the evidence, and its exit status is told."""
        context = crew.context("one")
        up(context, UpRequest(wait=False))
        crew.host.dies("one", 7)
        record = found(context)
        assert (record["status"], record["state"]) == ("Stopped", "exited")
        assert record["sources"][0]["shows"].endswith("has ended: exit status 7")

    def test_lists_rules_only_when_asked(self, crew: Any) -> None:
        """The contract's consumers are not given what they did not ask for."""
        context = crew.context("one")
        up(context, UpRequest(wait=False))
        assert "rules" not in found(context)
        assert [one["outcome"] for one in found(context, explain=True)["rules"]].count("spoke") == 1


EVIDENCE = st.builds(
    Evidence,
    st.sampled_from(["live", "title", "screen", "loud"]),
    st.sampled_from(STATES),
    st.sampled_from(["", *KINDS]),
    st.text(max_size=3),
    st.text(max_size=3),
    st.floats(0, 1),
)


@given(st.sampled_from(STATES), st.lists(EVIDENCE, max_size=5))
def test_a_match_is_a_word_or_null(state: str, evidence: list[Evidence]) -> None:
    """Whatever the evidence, the contract's fields are there, and idle completes only idle."""
    told = matches(Reading(state, evidence=tuple(evidence)))
    assert list(told) == [
        "matched_patterns",
        "auth_match",
        "rate_limit_match",
        "provider_down_match",
        "completion_match",
    ]
    assert all(one is None or isinstance(one, str) for key, one in told.items() if "_match" in key
               and key != "matched_patterns")  # fmt: skip
    assert state == "idle" or told["completion_match"] is None
    assert len(told["matched_patterns"]) == sum(one.confidence > 0 for one in evidence)
