"""The step that runs another workflow."""

from __future__ import annotations

from tutti_testing import StepConformance
from tutti_workflow.steps.nested import Nested

TEAM = """
[workspace]
name = "work"

[[workflow]]
name = "inner"

[[workflow.step]]
id = "one"
type = "command"
run = "echo one >> made"

[[workflow.step]]
type = "command"
run = "test -f made"
fail_mode = "closed"

[[workflow]]
name = "slow"

[[workflow.step]]
type = "command"
run = "sleep 60"
"""


class TestNested(StepConformance):
    """The law of steps."""

    step = Nested()
    examples = ('workflow = "inner"',)
    refused = (('workflow = ""', "workflow"), ('workflow = "a"\nstrict = "yes"', "strict"))
    slow = 'workflow = "slow"'
    team = TEAM
