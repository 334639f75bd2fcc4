"""Hooks for the control API: set the world back, let something happen in it, and make the requests meet that."""

import re
import sys
import threading
from copy import copy
from itertools import count
from pathlib import Path

import schemathesis
from hypothesis.control import current_build_context
from schemathesis.core.parameters import ParameterLocation

sys.path.append(str(Path(__file__).parent))
import refusals  # noqa: E402
from server import ask, is_probe, operation_id  # noqa: E402

# How many requests the world lives through before it is set back: some move the clock to its last year, or end all calls.
LIFETIME = 25

requests, lives = count(), count()
chain = None
ids = {}
stream_end = None


def event(names, data, required):
    """The schema of an event of the stream, with this JSON as its data."""
    content = {"type": "string", "contentMediaType": "application/json", "contentSchema": data}
    properties = {"event": {"enum": names}, "id": {"type": "string", "pattern": "^[0-9]+$"}, "data": content}
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


# What OpenAPI 3.1 has no way to say: how one event of a stream looks. Schemathesis takes the schema of a stream for that of each
# of its events, see https://schemathesis.readthedocs.io/en/stable/guides/server-sent-events/.
NOTICE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["notice"],
    "properties": {"notice": {"type": "string", "minLength": 1}},
}
EVENT = {
    "oneOf": [
        event(["transition", "delivery", "request"], {"$ref": "#/components/schemas/Happening"}, ["event", "id", "data"]),
        event(["notice"], NOTICE, ["event", "data"]),
    ]
}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    # The document says that a server may want a token. This one does, so no request may go without.
    raw_schema["security"] = [{"adminToken": []}]
    raw_schema["paths"]["/events"]["get"]["responses"]["200"]["content"]["text/event-stream"]["schema"] = EVENT


@schemathesis.hook
def before_call(context, case, kwargs):
    if is_probe(case):
        return
    # What is generated may be used again, so only a copy of it is changed.
    case.path_parameters, case.query = copy(case.path_parameters), copy(case.query)
    if isinstance(case.body, dict):
        case.body = copy(case.body)
    if not ids or is_due(case):
        set_back()
    number = next(requests)
    if not case.meta.is_negative_at(ParameterLocation.PATH):
        prefer_what_is_there(case.path_parameters, number)
    if not case.meta.is_negative_at(ParameterLocation.QUERY):
        stay_in_one_workspace(case.query, number)
    body = case.body if isinstance(case.body, dict) and not case.meta.is_negative_at(ParameterLocation.BODY) else {}
    match operation_id(case):
        case "waitForRequests" | "waitForDeliveries":
            do_not_wait_long(case.body)
            expect_less(body, number)
        case "subscribeWebhook":
            stay_on_this_machine(body)
        case "triggerEvent":
            prefer_what_is_there(body, number)
        case "putState" if body and number % 2:
            case.body = ids["state"]
        case "streamEvents":
            end_the_stream()


@schemathesis.hook
def after_call(context, case, response):
    if stream_end is not None:
        stream_end.join()
    if not 200 <= response.status_code < 300:
        return
    match operation_id(case):
        case "setClock" if response.json()["data"]["mode"] == "real":
            # How late it is now depends on this machine: what comes after it would not be the same in every run.
            ids.clear()
        case "receiveCall" | "moveCall" | "triggerEvent" | "redeliver" | "putState":
            # Waits until the receivers have answered, who are not part of the clock.
            workspace = (case.query or {}).get("workspace", "default")
            ask(200, "POST", f"/__admin/clock/advance?workspace={workspace}", {"by": "0s"}, token="fuzz")


def is_due(case):
    """At the start of each chain of requests too, for hypothesis gives up where its beginning does not repeat itself."""
    global chain, requests
    if case.meta.phase.name.value != "stateful":
        return next(lives) % LIFETIME == 0
    if chain is current_build_context().data:
        return False
    chain, requests = current_build_context().data, count()
    return True


def set_back():
    """Sets the world back, and lets happen what there has to be something of: requests, calls, deliveries, a rule."""
    for place in ask(200, "GET", "/__admin/workspaces", token="fuzz")["data"]:
        if place["name"] != "default":
            ask(200, "DELETE", f"/__admin/workspaces/{place['name']}", token="fuzz")
    ask(200, "POST", "/__admin/reset", token="fuzz")
    kept = ask(201, "POST", "/__admin/webhooks/trigger", {"event": "call.ended"}, token="fuzz")["data"][0]
    hook = ask(201, "POST", "/__admin/webhooks", {"url": "http://127.0.0.1:9/hooks", "events": "*"}, token="fuzz")["data"]
    call = {"campaignId": "cmp_xxx", "toNumber": "+15551234567", "fromPhoneNumberId": "pn_xxx"}
    ended = ask(201, "POST", "/api/v1/calls", call | {"toNumber": "+15005550105"}, token="fuzz")["data"]
    ask(200, "POST", "/__admin/clock/advance", {"by": "20m"}, token="fuzz")
    live = ask(201, "POST", "/api/v1/calls", call, token="fuzz", **{"X-Akol-Scenario": "endless"})["data"]
    rule = ask(201, "POST", "/__admin/faults", {"effect": {"status": 503}, "times": 1}, token="fuzz")["data"]
    deliveries = ask(200, "GET", "/__admin/webhooks/deliveries", token="fuzz")["data"]
    state = ask(200, "GET", "/__admin/state", token="fuzz")["data"]
    ids.update(
        callId=[live["id"], live["id"], ended["id"]],
        webhookId=[hook["id"]],
        deliveryId=[delivery["id"] for delivery in deliveries if delivery["state"] == "given_up"] + [kept["id"]],
        ruleId=[rule["id"]],
        campaignId=["cmp_xxx", "cmp_brightsmile_front_desk"],
        name=["alice"],
        state=state,
    )


def prefer_what_is_there(values, number):
    """Puts an id that there is in the place of three in four that were made up."""
    for name in values or ():
        if name in ids and values[name] not in ids[name] and number % 4:
            values[name] = ids[name][number % len(ids[name])]


def stay_in_one_workspace(query, number):
    """Means the workspace in which something happens, mostly: a made-up name makes a new one."""
    if query and "workspace" in query and query["workspace"] != "alice" and number % 4:
        query["workspace"] = "default"


def do_not_wait_long(body):
    """A wait takes real time, five seconds where it does not say how long."""
    if isinstance(body, dict):
        timeout = body.get("timeout")
        if timeout is None or isinstance(timeout, str) and re.search("[1-9]", timeout):
            body["timeout"] = "5ms"


def expect_less(body, number):
    """What is made up about several fields at once matches nothing, so half of the patterns say one thing at most."""
    if number % 2:
        for name in sorted(body.keys() - {"timeout"})[1:]:
            del body[name]
        if "body" in body:
            del body["body"]


def stay_on_this_machine(body):
    """Deliveries are really sent. Here they find nobody, at once."""
    if isinstance(body.get("url"), str):
        body["url"] = re.sub(r"^(?i:https?://)[^/?#]*", "http://127.0.0.1:9", body["url"])


def end_the_stream():
    """A stream has no end but that of its world."""
    global stream_end
    stream_end = threading.Timer(0.1, set_all_back)
    stream_end.start()


def set_all_back():
    for place in ask(200, "GET", "/__admin/workspaces", token="fuzz")["data"]:
        ask(200, "POST", f"/__admin/reset?workspace={place['name']}", token="fuzz")
    ids.clear()


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if case.body is ids.get("state"):
        # No made-up state, but one that the server has given.
        return True
    return not refusals.is_lawful(failure, case, response)
