"""Run a nightly campaign of a thousand calls in a second."""

from collections import Counter

NUMBERS = [f"+1555200{number:04}" for number in range(1000)]


def run_campaign(akol, numbers):
    """The app: calls everybody."""
    for number in numbers:
        call = {"campaignId": "cmp_xxx", "toNumber": number, "fromPhoneNumberId": "pn_xxx"}
        akol.post("/calls", call).raise_for_status()


def report(akol):
    """The app: how many calls came to which outcome, page by page."""
    outcomes = Counter()
    page, has_next = 0, True
    while has_next:
        page += 1
        answer = akol.get(f"/calls?direction=outbound&limit=100&page={page}").json()
        outcomes.update(call["outcome"] for call in answer["data"])
        has_next = answer["pagination"]["hasNext"]
    return outcomes


def test_the_morning_report_has_every_call_of_the_night(world):
    # A night on which many are out.
    world.control("PATCH", "/settings", {"scenarioWeights": {"voicemail": 60, "no_answer": 30}})
    run_campaign(world.akol, NUMBERS)
    night = world.advance(3600)
    ended = [event["outcome"] for event in night["events"] if event.get("step") == "ended"]
    assert len(ended) == len(NUMBERS)
    assert report(world.akol) == Counter(ended)
