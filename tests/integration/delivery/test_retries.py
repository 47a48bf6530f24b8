"""Attempts that fail: the same request again later, until no retry is left."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

from tests.integration.delivery.line import SECRET, Line
from tests.support.http_messages import OK, Reply, Request
from tests.support.receiver import Receiver

from storepulse.destinations.rules.breaker import LEAST_OUTCOMES, LONGEST_WAIT
from storepulse.destinations.rules.rotation import AddedSecret
from storepulse.destinations.table import changes
from storepulse.domain.signing import new_secret, verify

QUICK = (0.1, 0.1, 0.1)


def failing_at_first(failures: int) -> object:
    seen: Counter[str] = Counter()

    def answer(request: Request) -> Reply:
        seen[request.message_id] += 1
        return OK if seen[request.message_id] > failures else Reply(503, body=b"busy")

    return answer


async def test_each_retry_is_the_same_request_under_the_same_id(
    line: Line, receiver: Receiver
) -> None:
    receiver.answer = failing_at_first(2)  # type: ignore[assignment]
    destination = line.destination("crm", receiver.url, batch_events=3, retry_seconds=QUICK)
    ids = line.queue(destination, range(9))
    async with line.process():
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 9}, "sent")
    assert receiver.effects() == dict.fromkeys(ids, 1)
    assert Counter(r.message_id for r in receiver.requests) == dict.fromkeys(
        {r.message_id for r in receiver.requests}, 3
    )
    assert len({(r.message_id, tuple(r.events)) for r in receiver.requests}) == 3
    assert line.rows("SELECT DISTINCT attempts, last_status FROM deliveries") == [(3, 200)]
    found = line.rows(
        "SELECT attempt, outcome, status, error FROM delivery_attempts GROUP BY 1, 2, 3, 4"
        " ORDER BY 1"
    )
    assert found == [
        (1, "retry", 503, "status 503: busy"),
        (2, "retry", 503, "status 503: busy"),
        (3, "delivered", 200, ""),
    ]


async def test_every_attempt_is_signed_also_while_the_secret_rotates(
    line: Line, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Reply(500)
    line.destination("crm", receiver.url, retry_seconds=(0.1,) * 30)
    newer = new_secret(b"1" * 32)

    def signatures() -> int:
        return len(receiver.requests[-1].headers["webhook-signature"].split())

    async with line.process():
        destination = line.destination("second", receiver.url, retry_seconds=(0.1,) * 30)
        line.queue(destination, [1])
        await line.wait_for(lambda: len(receiver.requests) > 2, "attempts under the old secret")
        with line.world.connect() as connection:
            changes.add_secret(
                connection, line.box, "second", AddedSecret("signing", newer), line.clock()
            )
        await line.wait_for(
            # A breaker that has opened by now waits for its probe.
            lambda: line.clock.move(5) or signatures() == 2, "attempts under both secrets",
        )  # fmt: skip
        receiver.answer = lambda _: OK
        await line.wait_for(
            lambda: line.clock.move(5) or line.statuses(destination) == {"sent": 1}, "sent"
        )
    for request in receiver.requests:
        now = float(request.headers["webhook-timestamp"])
        verify([SECRET], request.headers, request.body, now)
    last = receiver.requests[-1]
    verify([newer], last.headers, last.body, float(last.headers["webhook-timestamp"]))
    assert len({request.message_id for request in receiver.requests}) == 1


async def test_exhausted_retries_fail_every_event_of_the_batch(
    line: Line, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Reply(500, body=b"still broken")
    destination = line.destination("crm", receiver.url, batch_events=4, retry_seconds=(0.1, 0.1))
    line.queue(destination, range(4))
    async with line.process():
        await line.wait_for(lambda: line.statuses(destination) == {"failed": 4}, "failed")
    assert len(receiver.requests) == 3
    assert line.rows("SELECT DISTINCT attempts, last_status, last_error FROM deliveries") == [
        (3, 500, "retries exhausted: status 500: still broken")
    ]
    letters = line.rows("SELECT DISTINCT stage, reason, message, status FROM dead_letters")
    assert letters == [("delivery", "retries exhausted", "status 500: still broken", "open")]
    assert line.value("SELECT count(*) FROM dead_letters") == 4


async def test_retry_after_is_honoured(line: Line, receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(429, headers={"retry-after": "150"})
    destination = line.destination("crm", receiver.url, retry_seconds=(100.0, 100.0))
    line.queue(destination, [1])
    async with line.process():
        waited = await line.wait_for(
            lambda: line.rows(
                "SELECT due_at - last_attempt_at FROM delivery_batches"
                " WHERE attempts = 1 AND due_at > last_attempt_at"
            ),
            "a retry is due",
        )
        ((wait,),) = waited
        assert timedelta(seconds=149) <= wait <= timedelta(seconds=200)
        line.clock.move(120)
        receiver.answer = lambda _: OK
        assert line.statuses(destination) == {"pending": 1}
        line.clock.move(90)
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 1}, "sent")
    assert len(receiver.requests) == 2


async def test_the_breaker_opens_probes_and_closes(line: Line, receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(500)
    destination = line.destination(
        "crm", receiver.url, max_in_flight=4, retry_seconds=(0.1, 0.1, 3600.0)
    )
    ids = line.queue(destination, range(60))

    def breaker() -> str:
        rows = line.rows("SELECT state FROM destination_breakers")
        return str(rows[0][0]) if rows else "closed"

    def attempts() -> int:
        return int(line.value("SELECT coalesce(sum(attempts), 0)::int FROM delivery_batches"))

    async with line.process():
        await line.wait_for(lambda: breaker() == "open", "open")
        # Those that were under way when it opened have ended, too.
        await line.wait_for(
            lambda: (
                line.value("SELECT count(*) FROM delivery_batches WHERE claimed_by IS NOT NULL")
                == 0
            ),
            "nothing under way",
        )
        used, requests = attempts(), len(receiver.requests)
        assert requests >= LEAST_OUTCOMES
        for probes in range(1, 4):
            line.clock.move(LONGEST_WAIT.total_seconds() + 1)
            expected = requests + probes
            await line.wait_for(lambda e=expected: len(receiver.requests) == e, "a probe")  # type: ignore[misc]
            await line.wait_for(lambda: breaker() == "open", "open again")
        # What its outage lasts uses up no attempt.
        assert attempts() == used
        receiver.answer = lambda _: OK
        await line.wait_for(
            lambda: line.clock.move(301) or line.statuses(destination) == {"sent": 60}, "all sent"
        )
        assert breaker() == "closed"
    assert receiver.effects() == dict.fromkeys(ids, 1)


async def test_order_is_kept_per_key_whatever_fails(line: Line, receiver: Receiver) -> None:
    draw = random.Random(7)
    receiver.answer = lambda _: Reply(500) if draw.random() < 0.3 else OK
    destination = line.destination(
        "crm",
        receiver.url,
        ordered=True,
        batch_events=3,
        max_in_flight=4,
        retry_seconds=(0.1,) * 30,
    )
    ids = line.queue(destination, range(120), key=lambda n: f"session:{n % 7}")
    async with line.process():
        await line.wait_for(
            lambda: line.clock.move(1) or line.statuses(destination) == {"sent": 120}, "sent"
        )
    assert receiver.effects() == dict.fromkeys(ids, 1)
    arrived = [event for request in receiver.accepted for event in request.events]
    for key in range(7):
        of_key = [i for n, i in enumerate(ids) if n % 7 == key]
        assert [event for event in arrived if event in set(of_key)] == of_key
