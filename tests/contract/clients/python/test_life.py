"""A call's whole life through the client that openapi-python-client generates."""

import json
from uuid import uuid4

from akol_client.api.calls import end_call, get_call, place_call
from akol_client.api.content import get_recording, get_transcript
from akol_client.models import Call, CallAnswer, EndedCallEvent, LiveCallEvent, PlaceCall, PlaceCallXAkolScenario, TranscriptAnswer
from akol_client.models.call_status import CallStatus
from akol_client.models.outcome import Outcome
from akol_client.models.speaker import Speaker
from akol_client.types import File
from conftest import Receiver, World

TRANSFERRED = PlaceCall(campaign_id="cmp_xxx", to_number="+15005550101", from_phone_number_id="pn_xxx")


def current(world: World, call_id: str) -> Call:
    answer = get_call.sync(call_id, client=world.akol)
    assert isinstance(answer, CallAnswer)
    return answer.data


def test_a_call_is_placed_talks_is_transferred_and_can_be_heard(world: World, receiver: Receiver) -> None:
    key = uuid4()
    placed = place_call.sync_detailed(client=world.akol, body=TRANSFERRED, idempotency_key=key)
    assert placed.status_code == 201
    assert isinstance(placed.parsed, CallAnswer)
    call = placed.parsed.data
    assert (call.status, call.outcome, call.started_at, call.transcript) == (CallStatus.RINGING, None, None, [])

    again = place_call.sync_detailed(client=world.akol, body=TRANSFERRED, idempotency_key=key)
    assert again.parsed == placed.parsed
    assert (placed.headers.get("Idempotent-Replayed"), again.headers.get("Idempotent-Replayed")) == (None, "true")

    # Polling, as a program does that has no webhooks; a second goes by between two looks.
    seen = [call]
    while seen[-1].status in (CallStatus.RINGING, CallStatus.IN_PROGRESS):
        world.advance("1s")
        seen.append(current(world, call.id))
    statuses = [look.status for look in seen]
    assert list(dict.fromkeys(statuses)) == [CallStatus.RINGING, CallStatus.IN_PROGRESS, CallStatus.COMPLETED]
    lines = [len(look.transcript) for look in seen]
    assert lines == sorted(lines), "the transcript grows"
    ended = seen[-1]
    assert ended.outcome == Outcome.TRANSFERRED
    assert ended.started_at is not None and ended.ended_at is not None and ended.duration_seconds is not None
    assert ended.started_at < ended.ended_at
    assert ended.summary and ended.sentiment and ended.tags

    events = [json.loads(body) for body in receiver.bodies]
    names = ["call.started", "call.transferred", "call.ended", "call.completed", "transcript.ready", "summary.ready"]
    assert [event["event"] for event in events] == names
    assert receiver.forged == 0
    started, told = LiveCallEvent.from_dict(events[0]), EndedCallEvent.from_dict(events[2])
    assert (started.data.call_id, started.data.started_at) == (call.id, ended.started_at)
    assert (told.data.call_id, told.data.duration, told.data.outcome) == (call.id, ended.duration_seconds, ended.outcome)
    assert told.data.transcript == ended.transcript

    transcript = get_transcript.sync(call.id, client=world.akol)
    assert isinstance(transcript, TranscriptAnswer)
    assert transcript.data == ended.transcript
    assert (transcript.data[0].speaker, transcript.data[0].timestamp) == (Speaker.AGENT, 0)

    whole = get_recording.sync_detailed(call.id, client=world.akol)
    assert isinstance(whole.parsed, File)
    sound = whole.parsed.payload.read()
    assert whole.headers["Content-Type"] == "audio/wav"
    assert (sound[:4], sound[8:16], sound[36:40]) == (b"RIFF", b"WAVEfmt ", b"data")
    assert int.from_bytes(sound[4:8], "little") == len(sound) - 8
    # 8000 samples of two bytes a second.
    assert int.from_bytes(sound[40:44], "little") == ended.duration_seconds * 16_000
    assert any(byte > 127 for byte in sound), "this is sound, not text"

    part = get_recording.sync_detailed(call.id, client=world.akol, range_="bytes=44-1043", if_range=whole.headers["ETag"])
    assert part.status_code == 206
    assert isinstance(part.parsed, File)
    assert part.parsed.payload.read() == sound[44:1044]
    assert part.headers["Content-Range"] == f"bytes 44-1043/{len(sound)}"


def test_a_call_goes_on_until_it_is_ended(world: World) -> None:
    placed = place_call.sync(client=world.akol, body=TRANSFERRED, x_akol_scenario=PlaceCallXAkolScenario.ENDLESS)
    assert isinstance(placed, CallAnswer)
    world.advance("90s")
    assert current(world, placed.data.id).status == CallStatus.IN_PROGRESS

    ended = end_call.sync(placed.data.id, client=world.akol)
    assert isinstance(ended, CallAnswer)
    assert (ended.data.status, ended.data.outcome) == (CallStatus.COMPLETED, Outcome.HUNG_UP)
    assert current(world, placed.data.id) == ended.data
