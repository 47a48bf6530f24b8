"""The load generator: a process of its own, on loopback only, leaner than any gateway.

    python -m bench.load --port 8080 --seconds 8 --batch 50 --connections 64 [--rate 2000]

Bare non-blocking sockets and epoll, requests made beforehand, one request under way on each
keep-alive connection. Every answer's status and number of accepted events is looked at. Without a
rate each connection sends as soon as it has its answer. With one (requests/s) requests fall due
evenly, and latency counts from then, also while all connections are busy: a slow server does not
make its own waiting invisible. Bounded in time; prints JSON.
"""

from __future__ import annotations

import json
import select
import socket
import time
from array import array
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path

import click

from bench.requests import BATCH, HOST, SINGLE, read_requests, requests

LONGEST_SECONDS = 3_700.0
#: After the end of sending, answers under way are waited for this long.
GRACE_SECONDS = 15.0
TIMELINE_SECONDS = 0.1
#: Events made beforehand; they are sent in a circle.
PREPARED_EVENTS = 100_000
#: In the place of events a request: it is a GET, and accepted where it is answered 200.
READS = 0


@dataclass
class Tally:
    """What came back. `timeline` holds (time, accepted events so far)."""

    accepted: int = 0
    requests: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    latencies: array[float] = field(default_factory=lambda: array("d"))
    timeline: list[tuple[float, int]] = field(default_factory=list)

    def take(self, answer: bytes, batch: int, seconds: float) -> None:
        """One complete answer."""
        self.requests += 1
        self.latencies.append(seconds)
        if batch == READS:
            if answer.startswith(b"HTTP/1.1 200"):
                self.accepted += 1
            else:
                self.refused[answer[9:12].decode("latin-1")] += 1
        elif answer.startswith((b"HTTP/1.1 202", b"HTTP/1.1 200")) and (
            b'"accepted":%d,' % batch in answer or b'"accepted":%d}' % batch in answer
        ):
            self.accepted += batch
        else:
            self.refused[answer[9:12].decode("latin-1")] += 1

    def document(self, seconds: float) -> dict[str, object]:
        ordered = sorted(self.latencies)
        return {
            "seconds": seconds,
            "accepted": self.accepted,
            "requests": self.requests,
            "refused": dict(self.refused),
            "p50_ms": quantile(ordered, 0.5) * 1000,
            "p99_ms": quantile(ordered, 0.99) * 1000,
            "timeline": self.timeline,
        }


def quantile(ordered: list[float], share: float) -> float:
    """The value that `share` of the sorted values do not exceed; 0.0 of none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def complete(answer: bytes) -> bool:
    """Whether an HTTP answer with a Content-Length is all there."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    at = answer.lower().find(b"content-length:", 0, end)
    length = int(answer[at + 15 : answer.index(b"\r", at)]) if at >= 0 else 0
    return len(answer) >= end + 4 + length


def fire(
    port: int, prepared: list[bytes], batch: int, seconds: float, connections: int, rate: float
) -> tuple[Tally, float]:
    """Sends for `seconds` and waits for what is under way; the tally and how long it took."""
    sockets: dict[int, socket.socket] = {}
    poll = select.epoll()
    try:
        for _ in range(connections):
            connection = socket.create_connection((HOST, port), timeout=10)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sockets[connection.fileno()] = connection
            poll.register(connection.fileno(), select.EPOLLIN)
        return _exchange(poll, sockets, prepared, batch, min(seconds, LONGEST_SECONDS), rate)
    finally:
        poll.close()
        for connection in sockets.values():
            connection.close()


def _exchange(
    poll: select.epoll,
    sockets: dict[int, socket.socket],
    prepared: list[bytes],
    batch: int,
    seconds: float,
    rate: float,
) -> tuple[Tally, float]:
    tally, clock = Tally(), time.perf_counter
    idle, partial = deque(sockets), dict.fromkeys(sockets, b"")
    due_at: dict[int, float] = {}
    started, sent, total = clock(), 0, len(prepared)
    end, sampled = started + seconds, 0.0
    while True:
        now = clock()
        sending = now < end
        while idle and sending:
            due = started + sent / rate if rate else now
            if due > now:
                break
            number = idle.popleft()
            due_at[number] = due
            # A request fits the socket's buffer: nothing else is under way on the connection.
            sockets[number].sendall(prepared[sent % total])
            sent += 1
        if not sending and not due_at:
            break
        if now > end + GRACE_SECONDS:
            tally.refused["no answer"] += len(due_at)
            break
        if now - sampled > TIMELINE_SECONDS:
            tally.timeline.append((time.time(), tally.accepted))
            sampled = now
        wait = max(0.0, started + sent / rate - now) if rate and idle and sending else 0.2
        for number, _ in poll.poll(min(wait, 0.2)):
            data = sockets[number].recv(262_144)
            if not data:
                raise ConnectionError("the server closed a connection")
            answer = partial[number] + data
            if not complete(answer):
                partial[number] = answer
                continue
            partial[number] = b""
            tally.take(answer, batch, clock() - due_at.pop(number))
            idle.append(number)
    tally.timeline.append((time.time(), tally.accepted))
    return tally, clock() - started


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--seconds", type=float, default=5.0)
@click.option("--batch", type=click.IntRange(1, 500), default=1)
@click.option("--connections", type=click.IntRange(1, 1_000), default=64)
@click.option("--rate", type=float, default=0.0, help="Requests/s; 0: as many as are answered.")
@click.option("--anonymous", is_flag=True, help="Most events without ids: new ones on each turn.")
@click.option("--reads", type=click.Path(path_type=Path), help="Targets to GET instead, by line.")
def main(
    port: int,
    seconds: float,
    batch: int,
    connections: int,
    rate: float,
    anonymous: bool,
    reads: Path | None,
) -> None:
    """Send heatmap beacons to a gateway on 127.0.0.1."""
    if reads is not None:
        batch, prepared = READS, read_requests(reads.read_text().split())
    else:
        prepared = requests(
            batch,
            int(time.time() * 1000),
            all_identified=not anonymous,
            events=max(PREPARED_EVENTS, batch * 200),
        )
    print("ready", flush=True)
    tally, took = fire(port, prepared, batch, seconds, connections, rate)
    document = tally.document(took)
    document["cpu_seconds"] = time.process_time()
    document["path"] = {1: SINGLE, READS: ""}.get(batch, BATCH)
    print(json.dumps(document), flush=True)


if __name__ == "__main__":
    main()
