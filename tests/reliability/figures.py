"""What a scenario is, and what it gives."""

from dataclasses import dataclass
from typing import Callable

SCENARIOS = {}
"""All scenarios by name, in the order in which they are measured."""


@dataclass(frozen=True)
class Size:
    """How much is done."""

    is_short: bool

    def __call__(self, full, short):
        return short if self.is_short else full


@dataclass(frozen=True)
class Figure:
    """One number, and what it has to be: at most, at least, or exactly."""

    what: str
    value: float
    unit: str
    comparison: str
    limit: float
    is_speed: bool = False
    """It depends on the machine's speed, so a small run beside other tests does not judge it."""

    def holds(self):
        return {"at most": self.value <= self.limit, "at least": self.value >= self.limit, "exactly": self.value == self.limit}[self.comparison]

    def shown(self):
        return self._text(self.value)

    def bound(self):
        limit = self._text(self.limit)
        return limit if self.comparison == "exactly" else f"{self.comparison} {limit}"

    def _text(self, value):
        digits = f"{value:,.1f}" if isinstance(value, float) and value < 100 else f"{value:,.0f}"
        return f"{digits.removesuffix('.0')} {self.unit}".strip()


def at_most(what, value, limit, unit="", is_speed=False):
    return Figure(what, value, unit, "at most", limit, is_speed)


def at_least(what, value, limit, unit="", is_speed=False):
    return Figure(what, value, unit, "at least", limit, is_speed)


def exactly(what, value, limit, unit=""):
    return Figure(what, value, unit, "exactly", limit)


def normal_client(answers):
    """The figures of a client that has asked for a call again and again meanwhile."""
    if not answers["right"]:
        raise RuntimeError("the normal client was never answered")
    return [
        exactly("a normal client's requests that went wrong", answers["wrong"], 0),
        at_most("its 99th percentile", answers["p99"], 50.0, "ms", is_speed=True),
    ]


def memory(emulator):
    return at_most("peak memory", emulator.peak(), 1024.0, "MiB")


@dataclass(frozen=True)
class Scenario:
    name: str
    does: str
    measure: Callable
    waits: bool


def scenario(name, does, waits=False):
    """Registers a scenario. One that mostly waits (`waits`) is measured beside others of its kind."""

    def register(measure):
        SCENARIOS[name] = Scenario(name, does, measure, waits)
        return measure

    return register
