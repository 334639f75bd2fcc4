"""Refusals, through the types that the client has for them."""

from http import HTTPStatus
from typing import Any
from uuid import uuid4

from akol_client.api.calls import end_call, get_call, list_calls, place_call
from akol_client.api.content import get_recording
from akol_client.models import CallAnswer, CallsAnswer, ErrorAnswer, PlaceCall, ValidationErrorAnswer
from akol_client.types import Response
from conftest import World

VALID = PlaceCall(campaign_id="cmp_xxx", to_number="+15005550105", from_phone_number_id="pn_xxx")


def refusal(answer: Response[Any], status: HTTPStatus) -> str:
    """What a refusal without fields says."""
    assert answer.status_code == status
    assert isinstance(answer.parsed, ErrorAnswer)
    assert answer.parsed.success is False
    return answer.parsed.error


def test_a_token_that_was_revoked_is_401(world: World) -> None:
    answer = list_calls.sync_detailed(client=world.client("revoked"))
    assert refusal(answer, HTTPStatus.UNAUTHORIZED) == "Token has been revoked"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert refusal(list_calls.sync_detailed(client=world.client("forbidden")), HTTPStatus.FORBIDDEN)


def test_what_is_not_there_is_404(world: World) -> None:
    assert "call_nobody" in refusal(get_call.sync_detailed("call_nobody", client=world.akol), HTTPStatus.NOT_FOUND)
    assert "call_nobody" in refusal(get_recording.sync_detailed("call_nobody", client=world.akol), HTTPStatus.NOT_FOUND)
    elsewhere = PlaceCall(campaign_id="cmp_nobody", to_number="+15005550105", from_phone_number_id="pn_xxx")
    assert "cmp_nobody" in refusal(place_call.sync_detailed(client=world.akol, body=elsewhere), HTTPStatus.NOT_FOUND)


def test_a_call_that_is_over_is_409(world: World) -> None:
    assert "call_xxx" in refusal(end_call.sync_detailed("call_xxx", client=world.akol), HTTPStatus.CONFLICT)


def test_a_422_names_every_field_that_is_wrong(world: World) -> None:
    wrong = PlaceCall(campaign_id="", to_number="5551234567", from_phone_number_id="pn_xxx")
    answer = place_call.sync_detailed(client=world.akol, body=wrong)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert isinstance(answer.parsed, ValidationErrorAnswer)
    assert [error.field for error in answer.parsed.errors] == ["campaignId", "toNumber"]
    assert all(error.message in answer.parsed.error for error in answer.parsed.errors)

    filters = list_calls.sync(client=world.akol, limit=101, start_date="2026-04-19", end_date="2026-04-18")
    assert isinstance(filters, ValidationErrorAnswer)
    assert {error.field for error in filters.errors} >= {"limit"}

    key = uuid4()
    assert isinstance(place_call.sync(client=world.akol, body=VALID, idempotency_key=key), CallAnswer)
    other = PlaceCall(campaign_id="cmp_xxx", to_number="+15005550104", from_phone_number_id="pn_xxx")
    reused = place_call.sync(client=world.akol, body=other, idempotency_key=key)
    assert isinstance(reused, ValidationErrorAnswer)
    assert [error.field for error in reused.errors] == ["Idempotency-Key"]


def test_too_many_requests_are_429_until_the_time_that_it_names(world: World) -> None:
    world.control("PATCH", "/settings", {"rateLimit": 2})
    assert isinstance(list_calls.sync(client=world.akol), CallsAnswer)
    world.advance("20s")
    assert isinstance(list_calls.sync(client=world.akol), CallsAnswer)
    answer = list_calls.sync_detailed(client=world.akol)
    assert refusal(answer, HTTPStatus.TOO_MANY_REQUESTS)
    assert answer.headers["Retry-After"] == "40"
    world.advance("39s")
    assert refusal(list_calls.sync_detailed(client=world.akol), HTTPStatus.TOO_MANY_REQUESTS)
    world.advance("1s")
    assert isinstance(list_calls.sync(client=world.akol), CallsAnswer)


def test_a_paused_campaign_is_429_and_says_no_time(world: World) -> None:
    world.control("PATCH", "/campaigns/cmp_xxx", {"status": "PAUSED"})
    answer = place_call.sync_detailed(client=world.akol, body=VALID)
    assert "cmp_xxx is paused" in refusal(answer, HTTPStatus.TOO_MANY_REQUESTS)
    assert "Retry-After" not in answer.headers
