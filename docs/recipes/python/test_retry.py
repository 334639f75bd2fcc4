"""Verify that my app retried after a 429."""

import pytest
import requests

CALL = {"campaignId": "cmp_xxx", "toNumber": "+15005550100", "fromPhoneNumberId": "pn_xxx"}
PLACEMENT = {"method": "POST", "path": "/api/v1/calls"}
BUSY_ONCE = {"match": PLACEMENT, "times": 1, "effect": {"status": 429, "retryAfter": 7}}


def place_call(akol, call, sleep, tries=3):
    """The app: places a call; where it came too fast, it waits, longer each time, and tries again."""
    for attempt in range(tries):
        if attempt > 0:
            sleep(2**attempt)
        answer = akol.post("/calls", call)
        if answer.status_code != 429:
            break
    answer.raise_for_status()
    return answer.json()["data"]


def test_the_app_tries_again_after_a_429(world):
    world.control("POST", "/faults", BUSY_ONCE)
    call = place_call(world.akol, CALL, sleep=world.advance)
    assert call["toNumber"] == CALL["toNumber"]
    assert world.control("POST", "/requests/count", PLACEMENT) == {"count": 2}


def test_an_app_that_gives_up_is_caught(world):
    world.control("POST", "/faults", BUSY_ONCE)
    with pytest.raises(requests.HTTPError):
        place_call(world.akol, CALL, sleep=world.advance, tries=1)
    assert world.control("POST", "/requests/count", PLACEMENT) == {"count": 1}
