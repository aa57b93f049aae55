"""The steps from an empty installation to regular synchronization, in the order of the source, and what each waits for.

Source: Set Up Data Synchronization (Getting Ready for Synchronization). A feature that brings a step adds its row here, whether it is
done in `services/steps.py`, and its words in `views/setup_steps.py`.
"""

from collections.abc import Collection
from dataclasses import dataclass

from operations.rules.words import gettext_noop

CONNECT, DESCRIBE, STAY = (
    gettext_noop("Connect to PASI"),
    gettext_noop("Set up the district"),
    gettext_noop("Stay in step"),
)
FIRST_START = "first_start"  # before anybody can open the guide: the command of that name


@dataclass(frozen=True)
class Step:
    """`needs`: steps that must be done before it can begin. `verb` and `family`: what doing it asks of a person."""

    key: str
    phase: str
    needs: tuple[str, ...] = ()
    verb: str = "set_up"
    family: str = "connection"


STEPS = (
    Step("certificate", CONNECT),
    Step("connection", CONNECT, ("certificate",)),
    Step("code_values", CONNECT, ("connection",), family="settings"),
    Step("current_year", CONNECT, ("connection",), family="settings"),
    Step("schools", DESCRIBE, ("connection",), family="school"),
    Step("calendars", DESCRIBE, ("schools",), verb="run", family="load"),
    Step("data", DESCRIBE, ("schools",), verb="run", family="load"),
    Step("active_schools", DESCRIBE, ("schools",), family="school"),
    Step("regular", STAY, ("code_values", "current_year", "active_schools"), family="settings"),
    Step("in_step", STAY, ("regular",), verb="decide", family="change"),
)
PHASES = tuple(dict.fromkeys(step.phase for step in STEPS))
NUMBERS = {step.key: number for number, step in enumerate(STEPS, 1)}


def missing(done: Collection[str]) -> list[str]:
    """Keys of the steps that are not done, in their order."""
    return [step.key for step in STEPS if step.key not in done]


def waits_for(step: Step, done: Collection[str]) -> list[int]:
    """Numbers of the steps that must be done first."""
    return [NUMBERS[key] for key in step.needs if key not in done]
