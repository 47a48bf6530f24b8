"""The load: one client thread a stream, that sends, is answered or not, and writes it down.

20 % of the good beacons are sent again, some with other content; some requests have mistakes;
some visitors are robots. A request without an answer is mostly repeated with the same ids, as a
client does, and sometimes left alone, so that ids stay whose fate only Kafka knows. What the limit
of a plan refuses is kept, and sent again in between and at the end.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from tests.fault.beacons import PERSON, ROBOT, Beacon, Beacons
from tests.fault.maker import SentCall
from tests.fault.makers import MAKERS, STREAMS
from tests.fault.outcomes import Journal, Sent

#: 4xx that say "not now", not "never".
LATER = {408, 425, 429}
PAYMENT_REQUIRED, PLAN_LIMIT = 402, "PLAN_LIMIT"
#: Whose events the campaign's plan limits.
LIMITED_PATH = MAKERS["usage"].path
ATTEMPTS = 4
TIMEOUT_SECONDS = 12.0


@dataclass(frozen=True)
class Post:
    """A request and the events in it. `headers`: at a time in seconds."""

    path: str
    content: bytes
    sent: list[Sent]
    headers: Callable[[float], dict[str, str]]
    is_cart_batch: bool = False


class Load:
    """Sends until stopped. `urls`: the gateways, tried in turn."""

    def __init__(
        self, urls: list[str], journal: Journal, seed: int, events_per_second: float
    ) -> None:
        self._urls = urls
        self._journal = journal
        self._pace = events_per_second / len(STREAMS)
        self._stop = threading.Event()
        self._flow = threading.Event()
        self._flow.set()
        self.unexpected: list[str] = []
        #: Events that the limit of a plan refused, and their requests.
        self.limited = 0
        self._kept: deque[Post] = deque()
        self._threads = [
            threading.Thread(
                target=self._send, args=(stream, random.Random(f"{seed}-{stream}")), name=stream
            )
            for stream in STREAMS
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def pause(self) -> None:
        """Stops sending for a while; what is under way is finished."""
        self._flow.clear()

    def resume(self) -> None:
        self._flow.set()

    def stop(self) -> None:
        """Ends the clients; every request is settled on return."""
        self._stop.set()
        self._flow.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def send_kept(self, seconds: float) -> None:
        """Sends what is still kept until it is taken, when the clients have ended; what is refused
        to the end is unexpected."""
        until = time.monotonic() + seconds
        with httpx.Client(timeout=TIMEOUT_SECONDS) as client:
            while self._kept and time.monotonic() < until:
                post, before = self._kept.popleft(), self.limited
                number = self._journal.leaves(post.sent)
                letters = self._request(client, post, turn=number)
                self._journal.settled(number, letters)
                if "U" in letters:
                    self._kept.append(post)
                if "U" in letters or self.limited > before:
                    time.sleep(0.1)
        if self._kept:
            self.unexpected.append(f"{len(self._kept)} requests are refused by a raised plan")

    def _send(self, stream: str, rng: random.Random) -> None:
        beacons = Beacons(stream, rng)
        recent: deque[Beacon] = deque(maxlen=60)
        calls: list[SentCall] = []
        maker = MAKERS[stream]
        with httpx.Client(timeout=TIMEOUT_SECONDS) as client:
            while not self._stop.is_set():
                self._flow.wait()
                if maker.path == LIMITED_PATH and self._kept and rng.random() < 0.1:
                    post = self._kept.popleft()
                elif maker.next_call is not None and rng.random() < maker.calls_share:
                    now = time.time_ns() // 1_000_000
                    post = _post_of_call(maker.next_call(rng, calls, now))
                else:
                    post = _post_of_batch(stream, self._batch(beacons, recent, rng))
                self._deliver(client, post, rng)
                self._stop.wait(len(post.sent) / self._pace)

    def _batch(self, beacons: Beacons, recent: deque[Beacon], rng: random.Random) -> list[Beacon]:
        now = time.time_ns() // 1_000_000
        robot = rng.random() < 0.1
        maker = MAKERS[beacons.stream]
        # A signature is one store's, and no batch is.
        is_single = rng.random() < 0.3 or (maker.headers is not None and not maker.batch_path)
        size = 1 if is_single else rng.randrange(2, 25)
        batch: list[Beacon] = []
        again = [b for b in recent if b.sent.fields["is_bot"] == robot]
        fresh = beacons.some(size, now, robot=robot)
        for beacon in fresh:
            draw = rng.random()
            if draw < 0.2 and again:
                repeat = rng.choice(again)
                batch.append(beacons.conflicting(repeat) if draw < 0.04 else repeat)
            elif draw < 0.23:
                batch.append(beacons.spoilt(now))
            else:
                batch.append(beacon)
                recent.append(beacon)
        return batch

    def _deliver(self, client: httpx.Client, post: Post, rng: random.Random) -> None:
        for attempt in range(ATTEMPTS):
            number = self._journal.leaves(post.sent)
            letters = self._request(client, post, turn=number)
            self._journal.settled(number, letters)
            if "U" not in letters or rng.random() < 0.25 or self._stop.is_set():
                return
            self._stop.wait(0.1 * 2**attempt)

    def _request(self, client: httpx.Client, post: Post, *, turn: int) -> str:
        """One letter an event."""
        url = self._urls[turn % len(self._urls)] + post.path
        count = len(post.sent)
        try:
            answer = client.post(url, content=post.content, headers=post.headers(time.time()))
        except httpx.HTTPError:
            return "U" * count
        if answer.status_code >= 500 or answer.status_code in LATER:
            return "U" * count
        if answer.status_code == PAYMENT_REQUIRED:
            self._keep(post, sum(sent.good for sent in post.sent))
            return "R" * count
        if answer.status_code >= 400:
            if any(sent.good for sent in post.sent):
                self.unexpected.append(f"{answer.status_code} for a good beacon: {answer.text}")
            return "R" * count
        spooled = answer.headers.get("X-Durability") == "spooled"
        accepted = "S" if spooled else "A"
        document = answer.json()
        rejected = document.get("rejected") or ()
        self._keep(post, sum(entry.get("code") == PLAN_LIMIT for entry in rejected))
        return _letters(document, count, accepted, is_cart_batch=post.is_cart_batch)

    def _keep(self, post: Post, limited: int) -> None:
        if limited:
            self.limited += limited
            self._kept.append(post)


def _post_of_call(call: SentCall) -> Post:
    headers = call.headers()
    return Post(call.path, call.content(), call.sent(), lambda _: headers)


def _post_of_batch(stream: str, batch: list[Beacon]) -> Post:
    maker = MAKERS[stream]
    events = [beacon.json for beacon in batch]
    body: Any
    if len(batch) == 1:
        path, body = maker.path, events[0]
    elif maker.batch_path:
        path, body = maker.batch_path, {"events": events}
    else:
        path, body = "/collect", {"stream": stream, "events": events}
    content = json.dumps(body).encode()
    sent = [beacon.sent for beacon in batch]
    robot = any(s.fields.get("is_bot") for s in sent)
    plain = {"User-Agent": ROBOT if robot else PERSON, "Content-Type": "application/json"}

    def headers(at: float) -> dict[str, str]:
        if maker.headers is None:
            return plain
        return plain | maker.headers(content, sent[0].store_id, at)

    is_cart_batch = path == maker.batch_path and stream == "cart"
    return Post(path, content, sent, headers, is_cart_batch)


def _letters(document: dict[str, Any], count: int, accepted: str, *, is_cart_batch: bool) -> str:
    """`accepted` for what a 2xx accepts, R for what it names as rejected."""
    if is_cart_batch:
        outcomes = document["data"]["results"]
        refused = {o["index"] for o in outcomes if o["status"] != "success"}
    else:
        refused = {entry["index"] for entry in document.get("rejected") or ()}
    return "".join("R" if index in refused else accepted for index in range(count))
