"""Verify that my app survives a connection that is dropped after the call was placed."""

import uuid

import pytest
import requests

CALL = {"campaignId": "cmp_xxx", "toNumber": "+15005550100", "fromPhoneNumberId": "pn_xxx"}
PLACEMENT = {"method": "POST", "path": "/api/v1/calls"}
# Akol carries the request out, and the answer is lost.
DROP_ONCE = {"match": PLACEMENT, "times": 1, "effect": {"fault": "CONNECTION_RESET_BY_PEER"}}


def place_call(akol, call, sleep, tries=3):
    """The app: places a call. All tries have one key, so that Akol takes them for one request."""
    key = str(uuid.uuid4())
    for attempt in range(1, tries + 1):
        try:
            answer = akol.post("/calls", call, {"Idempotency-Key": key})
            answer.raise_for_status()
            return answer.json()["data"]
        except requests.ConnectionError:
            if attempt == tries:
                raise
            sleep(1)


def calls(world):
    return world.akol.get("/calls?direction=outbound").json()["data"]


def test_the_app_places_one_call_though_it_asks_twice(world):
    world.control("POST", "/faults", DROP_ONCE)
    call = place_call(world.akol, CALL, sleep=world.advance)
    assert len(world.placements()) == 2
    [only] = calls(world)
    assert only["id"] == call["id"]


def test_an_app_that_sends_no_key_is_caught(world):
    world.control("POST", "/faults", DROP_ONCE)
    with pytest.raises(requests.ConnectionError):
        world.akol.post("/calls", CALL)
    world.akol.post("/calls", CALL)
    assert len(calls(world)) == 2
