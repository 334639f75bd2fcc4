"""Pages and filters: what each filter finds is what the whole list says, page for page and in the same order."""

from collections.abc import Callable
from typing import Any

import pytest
from akol_client.api.calls import list_calls
from akol_client.models import Call, CallsAnswer
from akol_client.models.call_status import CallStatus
from akol_client.models.direction import Direction
from akol_client.models.outcome import Outcome
from akol_client.models.sentiment import Sentiment
from conftest import World


def walk(world: World, limit: int = 100, **filters: Any) -> list[Call]:
    """All calls that match, page by page, and all that a page says of itself checked."""
    calls: list[Call] = []
    number = 1
    while True:
        answer = list_calls.sync(client=world.akol, page=number, limit=limit, **filters)
        assert isinstance(answer, CallsAnswer)
        page = answer.pagination
        calls += answer.data
        assert (page.page, page.limit, page.total_pages) == (number, limit, -(-page.total // limit))
        assert (page.has_prev, page.has_next) == (number > 1, number < page.total_pages)
        assert len(calls) == min(number * limit, page.total)
        if not page.has_next:
            return calls
        number += 1


def test_the_pages_of_any_size_are_the_whole_list(world: World) -> None:
    calls = walk(world)
    assert len({call.id for call in calls}) == len(calls) == 201
    assert walk(world, limit=37) == calls
    started = [call.started_at for call in calls if call.started_at]
    assert started == sorted(started, reverse=True), "newest first"


FILTERS: dict[str, Callable[[Call], Any]] = {
    "direction": lambda call: call.direction,
    "status": lambda call: call.status,
    "outcome": lambda call: call.outcome,
    "sentiment": lambda call: call.sentiment,
    "business_id": lambda call: call.business_id,
    "campaign_id": lambda call: call.campaign_id,
    "agent_id": lambda call: call.agent_id,
    "phone_number_id": lambda call: call.phone_number_id,
}
POSSIBLE: dict[str, list[Any]] = {
    "direction": list(Direction),
    "status": list(CallStatus),
    "outcome": list(Outcome),
    "sentiment": list(Sentiment),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_finds_just_what_the_whole_list_says(world: World, name: str) -> None:
    value_of = FILTERS[name]
    calls = walk(world)
    values = POSSIBLE.get(name) or sorted({value_of(call) for call in calls})
    found = {value: walk(world, **{name: value}) for value in values}
    for value, some in found.items():
        assert some == [call for call in calls if value_of(call) == value], value
    assert sum(map(len, found.values())) == sum(value_of(call) is not None for call in calls)
    assert sum(map(bool, found.values())) > 1, "one value alone shows little"


def test_dates_bound_a_list_and_filters_combine(world: World) -> None:
    calls = walk(world)
    days = sorted({call.started_at.date() for call in calls if call.started_at})
    since, until = days[len(days) // 3], days[2 * len(days) // 3]
    assert walk(world, start_date=since.isoformat()) == [c for c in calls if c.started_at and c.started_at.date() >= since]
    assert walk(world, end_date=until.isoformat()) == [c for c in calls if c.started_at and c.started_at.date() <= until]
    between = walk(world, start_date=since.isoformat(), end_date=until.isoformat())
    assert between == [c for c in calls if c.started_at and since <= c.started_at.date() <= until]
    assert 0 < len(between) < len(calls)

    # An instant, with an offset whose plus sign the client has to escape.
    call = between[len(between) // 2]
    assert call.started_at
    instant = call.started_at.isoformat()
    assert instant.endswith("+00:00")
    assert call in walk(world, start_date=instant, end_date=instant)

    late = walk(world, start_date=since.isoformat())
    both = walk(world, direction=Direction.OUTBOUND, status=CallStatus.FAILED, start_date=since.isoformat())
    assert both == [c for c in late if c.direction == Direction.OUTBOUND and c.status == CallStatus.FAILED]
    assert both
