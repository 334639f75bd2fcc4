"""Deliveries pass the check of the official library of Standard Webhooks, and forged or old ones do not."""

import base64
from datetime import datetime, timezone

import pytest
from emulator import BUSY, EVENTS
from standardwebhooks import Webhook, WebhookVerificationError

STANDARD = ("--webhook-signature", "standard", "--webhook-events", "*")
# The shortest and the longest that the specification allows, the second with everything that base64 has: + / and =.
SECRETS = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + base64.b64encode(bytes(range(192, 256))).decode()]


def one_delivery(emulator, receiver, *options):
    """A genuine delivery, and what it is to be checked with."""
    server = emulator(*STANDARD, "--webhook-url", receiver.url, *options)
    server.place(BUSY)
    server.advance("1m")
    return receiver.next(), server.secret()


def accepted_delivery(emulator, receiver):
    """The same where it passes, so that a refusal is because of what the test has changed."""
    delivery, secret = one_delivery(emulator, receiver)
    assert Webhook(secret).verify(delivery.body, delivery.headers) == delivery.json()
    return delivery, secret


def why_refused(secret, body, headers):
    with pytest.raises(WebhookVerificationError) as refused:
        Webhook(secret).verify(body, headers)
    return str(refused.value)


def is_well_signed(secret, delivery):
    """Whether the signature is right, whatever the time is."""
    at = datetime.fromtimestamp(int(delivery.header("webhook-timestamp")), tz=timezone.utc)
    expected = Webhook(secret).sign(delivery.header("webhook-id"), at, delivery.body.decode())
    return delivery.header("webhook-signature") == expected


@pytest.mark.parametrize("signature", ["standard", "both"])
def test_deliveries_of_all_nine_events_pass_with_the_secret_that_is_printed_and_listed(emulator, receiver, signature):
    server = emulator("--webhook-signature", signature, "--webhook-events", "*", "--webhook-url", receiver.url)
    server.tell_everything()
    assert server.secret() == server.printed_secret
    official = Webhook(server.printed_secret)
    told = [official.verify(delivery.body, delivery.headers) for delivery in receiver.deliveries()]
    assert {event["event"] for event in told} == set(EVENTS)


@pytest.mark.parametrize("secret", SECRETS)
def test_deliveries_pass_with_a_secret_that_was_given_at_the_start(emulator, receiver, secret):
    delivery, listed = one_delivery(emulator, receiver, "--webhook-secret", secret)
    assert listed == secret
    assert Webhook(secret).verify(delivery.body, delivery.headers) == delivery.json()


@pytest.mark.parametrize("secret", SECRETS)
def test_deliveries_pass_with_a_secret_that_was_given_to_the_control_api(emulator, receiver, secret):
    server = emulator(*STANDARD)
    assert server.post("/__admin/webhooks", {"url": receiver.url, "secret": secret})["secret"] == secret
    server.tell_everything()
    told = [Webhook(secret).verify(delivery.body, delivery.headers) for delivery in receiver.deliveries()]
    assert {event["event"] for event in told} == set(EVENTS)


def test_deliveries_pass_with_a_secret_that_was_made_for_a_subscription(emulator, receiver):
    server = emulator(*STANDARD)
    secret = server.post("/__admin/webhooks", {"url": receiver.url})["secret"]
    server.place(BUSY)
    server.advance("1m")
    delivery = receiver.next()
    assert secret == server.secret()
    assert Webhook(secret).verify(delivery.body, delivery.headers) == delivery.json()


@pytest.mark.parametrize("secret", [None, *SECRETS])
def test_the_key_is_what_the_secret_is_in_base64(emulator, receiver, secret):
    delivery, listed = one_delivery(emulator, receiver, *(["--webhook-secret", secret] if secret else []))
    key = base64.b64decode(listed.removeprefix("whsec_"), validate=True)
    # Given bytes, the library takes them for the key as they are.
    assert Webhook(key).verify(delivery.body, delivery.headers) == delivery.json()


def test_any_changed_byte_of_the_body_is_refused(emulator, receiver):
    delivery, secret = accepted_delivery(emulator, receiver)
    for place in range(len(delivery.body)):
        changed = bytearray(delivery.body)
        changed[place] ^= 1
        assert why_refused(secret, bytes(changed), delivery.headers) == "No matching signature found", place


def test_another_id_is_refused(emulator, receiver):
    delivery, secret = accepted_delivery(emulator, receiver)
    headers = delivery.but(webhook_id=delivery.header("webhook-id") + "0")
    assert why_refused(secret, delivery.body, headers) == "No matching signature found"


def test_another_timestamp_is_refused(emulator, receiver):
    delivery, secret = accepted_delivery(emulator, receiver)
    headers = delivery.but(webhook_timestamp=str(int(delivery.header("webhook-timestamp")) + 1))
    assert why_refused(secret, delivery.body, headers) == "No matching signature found"


def test_another_secret_is_refused(emulator, receiver):
    delivery, _ = accepted_delivery(emulator, receiver)
    assert why_refused(SECRETS[0], delivery.body, delivery.headers) == "No matching signature found"


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_delivery_without_one_of_the_headers_is_refused(emulator, receiver, name):
    delivery, secret = accepted_delivery(emulator, receiver)
    headers = {other: value for other, value in delivery.headers.items() if other != name}
    assert why_refused(secret, delivery.body, headers) == "Missing required headers"


def test_a_past_start_time_makes_genuine_deliveries_too_old(emulator, receiver):
    delivery, secret = one_delivery(emulator, receiver, "--start-time", "2026-04-20T15:00:00Z")
    assert is_well_signed(secret, delivery)
    assert why_refused(secret, delivery.body, delivery.headers) == "Message timestamp too old"


def test_a_clock_that_was_advanced_far_makes_genuine_deliveries_too_new(emulator, receiver):
    server = emulator(*STANDARD, "--webhook-url", receiver.url)
    server.advance("10m")
    server.place(BUSY)
    server.advance("1m")
    delivery = receiver.next()
    assert is_well_signed(server.secret(), delivery)
    assert why_refused(server.secret(), delivery.body, delivery.headers) == "Message timestamp too new"


def test_the_mischief_bad_signature_makes_deliveries_that_are_refused(emulator, receiver):
    server = emulator(*STANDARD, "--webhook-url", receiver.url)
    server.mischief(badSignature=1)
    server.tell_everything()
    told = receiver.deliveries()
    assert {delivery.json()["event"] for delivery in told} == set(EVENTS)
    reasons = {why_refused(server.secret(), delivery.body, delivery.headers) for delivery in told}
    assert reasons == {"No matching signature found"}
    # Without it, the same one passes.
    server.mischief()
    server.post(f"/__admin/webhooks/deliveries/{told[0].header('webhook-id')}/redeliver", {})
    again = receiver.next()
    assert Webhook(server.secret()).verify(again.body, again.headers) == told[0].json()


def test_the_mischief_stale_timestamp_makes_well_signed_deliveries_that_are_refused(emulator, receiver):
    server = emulator(*STANDARD, "--webhook-url", receiver.url)
    server.mischief(staleTimestamp=1)
    server.tell_everything()
    told = receiver.deliveries()
    assert {delivery.json()["event"] for delivery in told} == set(EVENTS)
    assert all(is_well_signed(server.secret(), delivery) for delivery in told)
    reasons = {why_refused(server.secret(), delivery.body, delivery.headers) for delivery in told}
    assert reasons == {"Message timestamp too old"}


def test_what_is_sent_again_passes_under_the_same_id(emulator, receiver):
    server = emulator(*STANDARD, "--webhook-url", receiver.url)
    server.place(BUSY)
    server.advance("1m")
    first = receiver.deliveries()[0]
    server.post(f"/__admin/webhooks/deliveries/{first.header('webhook-id')}/redeliver", {})
    again = receiver.next()
    assert Webhook(server.secret()).verify(again.body, again.headers) == first.json()
    assert again.header("webhook-id") == first.header("webhook-id")
    # A minute has passed since: it is signed anew.
    assert int(again.header("webhook-timestamp")) > int(first.header("webhook-timestamp"))
