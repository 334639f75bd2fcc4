"""The same bytes, in whatever order requests arrive."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

from emulator import Emulator
from figures import exactly, scenario


@scenario("determinism", "the same calls, placed at one stopped instant by one thread, and by fifty")
def determinism(size):
    count = size(full=1_000, short=100)
    alone, together = (digests(count, threads) for threads in (1, 50))
    return [exactly(f"answers that differ, of {len(alone)} (an advance of 10 m, deliveries, pages of calls)",
                    sum(one != other for one, other in zip(alone, together)), 0)]


def digests(count, threads):
    with Emulator("--clock", "manual") as emulator:
        with ThreadPoolExecutor(threads) as pool:
            placed = list(pool.map(lambda number: emulator.place(f"+1555{number:07}"), range(count)))
        if None in placed:
            raise RuntimeError("a call was refused")
        answers = [emulator.ask("POST", "/__admin/clock/advance", {"by": "10m"})]
        answers.append(emulator.ask("GET", "/__admin/webhooks/deliveries?limit=1000"))
        answers += [emulator.ask("GET", f"/api/v1/calls?limit=100&page={page}") for page in range(1, 1 + count // 100)]
        if any(status != 200 for status, _ in answers):
            raise RuntimeError("an answer is no 200")
        return [hashlib.sha256(body).hexdigest() for _, body in answers]
