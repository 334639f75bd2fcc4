"""Every delivered body is what the README says of its event."""

import json
import re

import readme
from emulator import BUSY, EVENTS

EXAMPLE = readme.block_after("A body:", "json").replace("\n", "")


def keys_of(event):
    """What an event of that name carries, in order: at the top, and in `data`."""
    example = json.loads(EXAMPLE)
    data = list(example["data"])
    if event in ["call.started", "call.transferred", "call.voicemail"]:
        data = data[: data.index("startedAt") + 1]
    return list(example), data


def test_the_readme_names_the_nine_events():
    table = readme.TEXT[readme.TEXT.index("### Events") : readme.TEXT.index("A body:")]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert sorted(re.findall(r"`(.+?)`", "".join(rows))) == sorted(EVENTS)


def test_every_event_has_the_keys_of_the_readme_in_its_order(emulator, receiver):
    server = emulator("--webhook-url", receiver.url, "--webhook-events", "*")
    server.tell_everything()
    told = receiver.deliveries()
    assert {delivery.json()["event"] for delivery in told} == set(EVENTS)
    for delivery in told:
        body = delivery.json()
        assert (list(body), list(body["data"])) == keys_of(body["event"]), body["event"]
        assert delivery.header("content-type") == "application/json"


def test_each_call_tells_what_the_readme_says_of_its_end_and_in_that_order(emulator, receiver):
    server = emulator("--webhook-url", receiver.url, "--webhook-events", "*")
    server.tell_everything()
    told = {}
    for body in [delivery.json() for delivery in receiver.deliveries()]:
        told.setdefault(body["data"]["toNumber"], []).append(body["event"])
    said = ["transcript.ready", "summary.ready"]
    assert told == {
        "+15005550101": ["call.started", "call.transferred", "call.ended", "call.completed", *said],
        "+15005550102": ["call.started", "call.voicemail", "call.ended", *said],
        "+15005550104": ["call.ended", "call.missed"],
        "+15005550105": ["call.ended", "call.failed"],
    }


def test_an_ended_call_is_told_of_as_the_api_tells_it(emulator, receiver):
    server = emulator("--webhook-url", receiver.url, "--webhook-events", "call.ended,summary.ready")
    server.tell_everything()
    for body in [delivery.json() for delivery in receiver.deliveries()]:
        data, call = body["data"], server.get(f"/api/v1/calls/{body['data']['callId']}")
        same = ["campaignId", "direction", "fromNumber", "toNumber", "agentId", "startedAt", "endedAt"]
        same += ["outcome", "summary", "sentiment", "transcript"]
        assert {key: data[key] for key in same} == {key: call[key] for key in same}
        assert (data["duration"], body["businessId"]) == (call["durationSeconds"], call["businessId"])
        assert body["timestamp"] == call["endedAt"]


def test_the_body_that_the_readme_shows_is_sent_to_the_byte(emulator, receiver):
    # As the README's chapter on time starts it.
    server = emulator("--calls", "200", "--start-time", "2026-04-20T15:00:00Z", "--webhook-url", receiver.url)
    server.place(BUSY)
    server.advance("2m")
    [delivery] = receiver.deliveries()
    assert delivery.body.decode() == EXAMPLE
