"""Verify that my app handles webhooks that come twice or out of order."""

import hashlib
import hmac
import json

import pytest

CALL = {"campaignId": "cmp_xxx", "toNumber": "+15005550101", "fromPhoneNumberId": "pn_xxx"}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Calls:
    """The app: what it knows of calls from their webhooks."""

    def __init__(self):
        self.received = set()
        self.latest = {}
        self.seconds = 0

    def receive(self, signature, body):
        """Takes in one delivery, and gives the status to answer it with."""
        expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), (signature or "").encode()):
            return 401
        event = json.loads(body)
        call = event["data"]["callId"]
        if (call, event["event"]) not in self.received:
            self.received.add((call, event["event"]))
            self.take_in(call, event)
        return 200

    def take_in(self, call, event):
        # What happened before may arrive after: the latest is what happened last.
        self.latest[call] = max(self.latest.get(call, ("", "")), (event["timestamp"], event["event"]))
        self.seconds += event["data"].get("duration", 0)


class TrustingCalls(Calls):
    """An app that takes everything in as it comes."""

    def receive(self, signature, body):
        event = json.loads(body)
        self.latest[event["data"]["callId"]] = (event["timestamp"], event["event"])
        self.seconds += event["data"].get("duration", 0)
        return 200


def knows_the_truth(world, serve, calls, mischief):
    """Whether the app knows of a call what Akol does, after deliveries that misbehave."""
    world.control("POST", "/webhooks", {"url": serve(calls.receive), "secret": SECRET})
    world.control("PUT", "/webhooks/mischief", mischief)
    placed = world.akol.post("/calls", CALL).json()["data"]
    # Returns when the call is over and every delivery has been answered.
    world.advance(600)
    call = world.akol.get(f"/calls/{placed['id']}").json()["data"]
    return calls.latest[call["id"]] == (call["endedAt"], "call.ended") and calls.seconds == call["durationSeconds"]


MISCHIEF = [{"duplicate": 1}, {"reorder": 1}, {"duplicate": 1, "reorder": 1}]


@pytest.mark.parametrize("mischief", MISCHIEF)
def test_the_app_knows_the_truth_whatever_comes_twice_or_late(world, serve, mischief):
    assert knows_the_truth(world, serve, Calls(), mischief)


@pytest.mark.parametrize("mischief", MISCHIEF)
def test_an_app_that_trusts_the_network_is_caught(world, serve, mischief):
    assert not knows_the_truth(world, serve, TrustingCalls(), mischief)


def test_the_app_believes_nothing_that_is_not_signed(world, serve):
    calls = Calls()
    world.control("POST", "/webhooks", {"url": serve(calls.receive), "secret": SECRET})
    world.control("PUT", "/webhooks/mischief", {"badSignature": 1})
    world.akol.post("/calls", CALL)
    world.advance(600)
    assert calls.latest == {}
    assert [calls.receive(signature, b"{}") for signature in (None, "\u00e9")] == [401, 401]
