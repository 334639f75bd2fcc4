"""Hooks for Akol's Calls API: let time go by, and make the requests meet what is there."""

import sys
import zlib
from itertools import cycle
from pathlib import Path

import schemathesis
from hypothesis.control import current_build_context
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import ObjectLevelAuthorizationViolation

sys.path.append(str(Path(__file__).parent))
import refusals  # noqa: E402
from server import ask, is_probe, operation_id  # noqa: E402

# Before each request one of these happens. The clock stands by itself, so that every run is the same. Moved a little now and
# then, it lets the requests meet calls that are queued, ring, are answered, and have ended.
HAPPENINGS = ["completed", None, "+3s", None, "endless", None, "+800ms", None, "+14s", None, None, "+95s"]

# The same for chains of requests. Each starts in the same world, for hypothesis sends the beginning of a chain again and gives up
# if it then goes on in another way. The first request of a chain decides what happens during the rest of it.
CHAINS = [
    ["endless", None, None, "+1s", None, "+8s", None, None],
    ["completed", "+13s", None, None, "+20s", None, "+95s", None],
    ["voicemail", "+25s", "ringing", None, None, "+40s", None, None],
    ["endless", "+15s", None, None, None, None, None, None],
]


class Surroundings:
    """What the requests meet."""

    def __init__(self, happenings):
        self.happenings = cycle(happenings)
        # What a key was first used for. The same again is a replay.
        self.keys = {}
        self.newest = None
        self.known = set(SEEDED)
        self.unknown = 0
        self.conditions = cycle([None, "*", "as generated", None])

    def happen(self):
        what = next(self.happenings)
        if what is None:
            return
        if what.startswith("+"):
            ask(200, "POST", "/__admin/clock/advance?workspace=one", {"by": what[1:]}, token="any")
        else:
            call = {"campaignId": "cmp_xxx", "toNumber": "+15551234567", "fromPhoneNumberId": "pn_xxx"}
            self.newest = ask(201, "POST", "/api/v1/calls", call, token="ws_one", **{"X-Akol-Scenario": what})["data"]["id"]
            self.known.add(self.newest)

    def use_key_once(self, case):
        """Drops a key that was used for another request before, which is a 422 that no schema can tell of."""
        key = case.headers.get("Idempotency-Key")
        request = (repr(case.body), case.headers.get("X-Akol-Scenario"))
        if key is not None and self.keys.setdefault(key, request) != request:
            del case.headers["Idempotency-Key"]

    def prefer_a_call_that_is_there(self, case):
        """Asks for the newest call in the place of three in four that were made up."""
        if case.path_parameters["callId"] not in self.known and not case.meta.is_negative_at(ParameterLocation.PATH):
            self.unknown += 1
            if self.unknown % 4 != 0 and self.newest is not None:
                case.path_parameters = case.path_parameters | {"callId": self.newest}

    def let_conditions_hold(self, case):
        """A recording's tag that was made up nearly always means a 412, so most are left out."""
        if "If-Match" in case.headers:
            value = next(self.conditions)
            if value is None:
                del case.headers["If-Match"]
            elif value == "*":
                case.headers["If-Match"] = value


def calls_of(account):
    return {call["id"] for call in ask(200, "GET", "/api/v1/calls?limit=100", token=f"ws_{account}")["data"]}


ask(200, "POST", "/__admin/reset?workspace=one", token="any")
SEEDED = calls_of("one")

# What both accounts have from their start: the example of the documentation. It looks the same, but each sees its own.
SHARED = SEEDED & calls_of("other")
assert SHARED == {"call_xxx"}

surroundings = Surroundings(HAPPENINGS)
chain = None


def surroundings_of(case):
    global surroundings, chain
    if case.meta.phase.name.value == "stateful" and chain is not current_build_context().data:
        chain = current_build_context().data
        # Nothing of the body: where there is none, it is shown by its place in memory.
        first = repr((case.operation.label, case.path_parameters, case.query))
        surroundings = Surroundings(CHAINS[zlib.crc32(first.encode()) % len(CHAINS)])
        ask(200, "POST", "/__admin/reset?workspace=one", token="any")
    return surroundings


@schemathesis.hook
def before_call(context, case, kwargs):
    if is_probe(case):
        return
    # What is generated may be used again, so only a copy of it is changed.
    case.headers = case.headers.copy()
    around = surroundings_of(case)
    around.happen()
    match operation_id(case):
        case "placeCall":
            around.use_key_once(case)
        case "getCall" | "endCall" | "getTranscript":
            around.prefer_a_call_that_is_there(case)
        case "getRecording":
            around.let_conditions_hold(case)


@schemathesis.hook
def after_call(context, case, response):
    if operation_id(case) == "placeCall" and response.status_code == 201:
        surroundings.known.add(response.json()["data"]["id"])


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if isinstance(failure, ObjectLevelAuthorizationViolation):
        data = response.json()["data"]
        calls = {call["id"] for call in data} if operation_id(case) == "listCalls" else {case.path_parameters["callId"]}
        return not calls <= SHARED
    return not refusals.is_lawful(failure, case, response)
