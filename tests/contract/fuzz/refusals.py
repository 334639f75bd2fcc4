"""Refusals of requests that the document allows: what a schema cannot say. Each is one answer of one operation."""

import re

from schemathesis.openapi.checks import RejectedPositiveData
from server import operation_id

# Operation, field, message. A refusal is lawful if every field that it names is one of these.
LAWFUL = [
    # No schema compares two fields.
    ("listCalls", "startDate", "is after endDate, must not be"),
    # No pattern tells which years have this day.
    ("listCalls", "startDate|endDate", r"^is \"\d{4}-02-29T"),
    # Which numbers a campaign has.
    ("placeCall", "fromPhoneNumberId", "which belongs to another campaign"),
    ("receiveCall", "toNumber", "which belongs to campaign|which is none of the account's numbers"),
    # Scenarios are those of the server's fixtures.
    ("receiveCall|changeCampaign", "scenario", "must be completed, transferred"),
    # No schema knows what time it is.
    ("setClock", "now", "which has passed"),
    ("advanceClock", "to", "which has passed"),
    # No schema measures durations, and any text may be one.
    ("changeSettings|addFault", ".*(latency|median).*", "must be a duration"),
    ("setMischief", "delay", "must be a duration"),
    ("advanceClock", "by", "must be a length of time"),
    ("waitForRequests|waitForDeliveries", "timeout", "must be a duration"),
    # A schema could say `multipleOf: 0.001`, but validators that count in doubles refuse 1.001 then.
    ("setClock", "speed", "with up to 3 decimals"),
    # Which scenarios there are, which of them fit inbound calls, and that one is left to draw.
    ("changeSettings", r"scenarioWeights\..*", "must be completed, transferred|must keep|must be 0"),
    # No pattern says which hosts there are after the URL Standard has read a text, which passes over control characters and spaces.
    ("subscribeWebhook", "url", "cannot receive webhooks: its host must be"),
    # No schema that clients understand says which outcome belongs to which status, and what the call has been through.
    ("moveCall", "outcome", "must be"),
    # A state is checked as a whole: what cannot have come about is refused.
    ("putState", ".*", ".*"),
]


def is_lawful(failure, case, response):
    if not isinstance(failure, RejectedPositiveData) or response.status_code != 422:
        return False
    operation = operation_id(case)
    errors = response.json()["errors"]
    return bool(errors) and all(
        any(
            re.fullmatch(of, operation) and re.fullmatch(field, error["field"]) and re.search(message, error["message"])
            for of, field, message in LAWFUL
        )
        for error in errors
    )
