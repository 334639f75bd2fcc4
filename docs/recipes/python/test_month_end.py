"""Verify that my app puts off calls when the month's minutes are used up."""

from datetime import timedelta

CALL = {"campaignId": "cmp_xxx", "toNumber": "+15005550100", "fromPhoneNumberId": "pn_xxx"}


class Dialler:
    """The app: places calls, and puts off those that Akol has no minutes for. It is told the time."""

    def __init__(self, akol):
        self.akol = akol
        self.put_off = []

    def place(self, call, now):
        answer = self.akol.post("/calls", call)
        if answer.status_code == 429 and "Retry-After" in answer.headers:
            due = now + timedelta(seconds=int(answer.headers["Retry-After"]))
            self.put_off.append((due, call))
        else:
            answer.raise_for_status()

    def every_minute(self, now):
        due = [call for at, call in self.put_off if at <= now]
        self.put_off = [(at, call) for at, call in self.put_off if at > now]
        for call in due:
            self.place(call, now)


def test_calls_that_the_month_has_no_minutes_for_are_placed_as_the_next_begins(world):
    world.control("PATCH", "/settings", {"minuteLimit": 1})
    world.control("PUT", "/clock", {"now": "2026-05-31T23:50:00Z"})
    dialler = Dialler(world.akol)
    dialler.place(CALL, world.now())
    # The call is over, and its minutes count.
    world.advance(300)
    dialler.place(CALL, world.now())
    for _ in range(10):
        world.advance(60)
        dialler.every_minute(world.now())
    # It was refused once, and did not ask again before there was any use in it.
    assert [(entry["at"], entry["answer"]["status"]) for entry in world.placements()] == [
        ("2026-05-31T23:50:00.000Z", 201),
        ("2026-05-31T23:55:00.000Z", 429),
        ("2026-06-01T00:00:00.000Z", 201),
    ]
