"""Verify that my app honours Retry-After."""

from datetime import datetime

CALL = {"campaignId": "cmp_xxx", "toNumber": "+15005550100", "fromPhoneNumberId": "pn_xxx"}


def place_call(akol, call, sleep):
    """The app: places a call; where it is told to come again later, it comes then."""
    answer = akol.post("/calls", call)
    while answer.status_code == 429 and "Retry-After" in answer.headers:
        sleep(int(answer.headers["Retry-After"]))
        answer = akol.post("/calls", call)
    answer.raise_for_status()
    return answer.json()["data"]


def place_three_where_a_minute_allows_two(world, sleep):
    """Gives the journal: what was asked, when, and how it was answered."""
    world.control("PATCH", "/settings", {"rateLimit": 2})
    for _ in range(3):
        place_call(world.akol, CALL, sleep)
        world.advance(5)
    return world.placements()


def test_the_app_comes_again_when_it_is_told_to(world):
    journal = place_three_where_a_minute_allows_two(world, sleep=world.advance)
    assert [entry["answer"]["status"] for entry in journal] == [201, 201, 429, 201]
    refused, accepted = journal[2:]
    waited = datetime.fromisoformat(accepted["at"]) - datetime.fromisoformat(refused["at"])
    # The third call came in the tenth second of its minute.
    assert refused["answer"]["headers"]["retry-after"] == "50"
    assert waited.total_seconds() == 50


def test_an_app_that_waits_as_it_likes_is_caught(world):
    journal = place_three_where_a_minute_allows_two(world, sleep=lambda _: world.advance(1))
    assert [entry["answer"]["status"] for entry in journal].count(429) == 50
