"""What the end of a process, a fork and a signal do to a client."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.client.stand_in import KEY, accepting, run, start, taken_events, taken_ids
from tests.support.http_messages import Reply
from tests.support.receiver import Receiver, refusing_url
from tests.support.waiting import wait_until

from storepulse.client import Storepulse

BEGIN = """
import os, signal, sys, threading, time
from storepulse.client import Storepulse
url, *rest = sys.argv[1:]
storepulse = Storepulse(url, "ssk_example", spool=rest[0] if rest else None, interval=60)
"""
TRACK = """
print(storepulse.track("page_view", session_id="s-1"), flush=True)
"""


@pytest.fixture
def gateway() -> Iterator[Receiver]:
    with Receiver(accepting) as receiver:
        yield receiver


def test_a_program_that_ends_at_once_has_sent_its_event(gateway: Receiver) -> None:
    """Its interval is a minute, and it is over in milliseconds."""
    event_id = run(BEGIN + TRACK, gateway.url).strip()
    assert taken_ids(gateway) == {event_id: 1}


@pytest.mark.parametrize("ending", ["sys.exit(0)", "signal.raise_signal(signal.SIGTERM)"])
def test_programs_that_end_by_exit_send(gateway: Receiver, ending: str) -> None:
    """SIGTERM too, where the program turns it into an exit, as docs/python-client.md shows."""
    turn = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
    event_id = run(BEGIN + turn + TRACK + ending, gateway.url).strip()
    assert taken_ids(gateway) == {event_id: 1}


def test_nothing_waits_for_a_client_without_events(gateway: Receiver) -> None:
    program = BEGIN + "print(threading.active_count())"
    assert run(program, gateway.url).strip() == "1"
    assert gateway.connections == 0


def test_a_gateway_that_hangs_delays_the_end_by_no_more_than_said(gateway: Receiver) -> None:
    gateway.answer = lambda _request: Reply(after=None)
    program = BEGIN + (
        "import atexit\n"
        "atexit.register(lambda: print(time.monotonic() - began < 2.5))\n"
        "import storepulse.client.outbox as outbox\n"
        "atexit.unregister(outbox._close_all); atexit.register(outbox._close_all)\n"
        "storepulse.track('page_view', session_id='s-1')\n"
        "began = time.monotonic()\n"
    )
    # On a busy machine what is measured is the wait itself, not the process.
    assert (
        run(
            program.replace("import storepulse.client.outbox as", "from storepulse.client import"),
            gateway.url,
        ).strip()
        == "True"
    )


def test_an_event_of_an_exit_handler_is_sent(gateway: Receiver) -> None:
    """Handlers run in turn, and threads start no more then from Python 3.12 on."""
    program = (
        "import atexit, sys\n"
        + BEGIN
        + (
            "def last(): print(storepulse.track('page_view', session_id='s-1'), flush=True)\n"
            "atexit.register(last)\n"
        )
    )
    event_id = run(program, gateway.url).strip()
    assert taken_ids(gateway) == {event_id: 1}


def test_where_no_thread_can_start_the_end_sends(gateway: Receiver) -> None:
    program = BEGIN + (
        'def refuse(self): raise RuntimeError("can\'t start new thread")\n'
        "threading.Thread.start = refuse\n"
    )
    event_id = run(program + TRACK, gateway.url).strip()
    assert taken_ids(gateway) == {event_id: 1}


def test_a_fork_sends_its_own_events_and_the_parent_its_own(gateway: Receiver) -> None:
    """The parent's thread, connection and queue are at work while it forks."""
    program = (
        BEGIN
        + """
ids = [storepulse.track("page_view", session_id="s-1") for _ in range(5)]
assert storepulse.flush(20)
ids += [storepulse.track("page_view", session_id="s-1") for _ in range(5)]
for _ in range(4):
    child = os.fork()
    if child == 0:
        ids = [storepulse.track("page_view", session_id="s-2") for _ in range(3)]
        print(*ids, flush=True)
        os._exit(0 if storepulse.flush(20) else 1)
    assert os.waitpid(child, 0)[1] == 0
print(*ids, flush=True)
"""
    )
    ids = run(program, gateway.url).split()
    assert taken_ids(gateway) == dict.fromkeys(ids, 1)
    assert len(ids) == 22
    assert gateway.connections == 5


def test_a_fork_that_no_handler_saw_is_seen_by_its_process_id(gateway: Receiver) -> None:
    program = (
        BEGIN
        + """
storepulse.track("page_view", session_id="s-1")
assert storepulse.flush(20)
storepulse._outbox._pid = -1
print(storepulse.track("page_view", session_id="s-1"))
assert storepulse.close(20)
"""
    )
    event_id = run(program, gateway.url).strip()
    assert taken_ids(gateway)[event_id] == 1
    assert gateway.connections == 2


def test_a_fork_amid_calls_of_other_threads_stops_nobody(gateway: Receiver) -> None:
    program = (
        "import faulthandler\n"
        + BEGIN
        + """
def visit():
    while not over:
        storepulse.track("page_view", session_id="s-1")
        storepulse.track(None)
        time.sleep(0.001)
over = False
threads = [threading.Thread(target=visit) for _ in range(8)]
for thread in threads: thread.start()
ended = []
for _ in range(20):
    child = os.fork()
    if child == 0:
        faulthandler.dump_traceback_later(25, exit=True)
        storepulse.track(None)
        storepulse.track("page_view", session_id="s-2")
        os._exit(0 if storepulse.flush(20) else 1)
    ended.append(os.waitpid(child, 0)[1])
    if ended[-1]: break
over = True
assert ended == [0] * 20, ended
for thread in threads: thread.join()
assert storepulse.close(20)
"""
    )
    if sys.version_info >= (3, 12):
        program = "import warnings; warnings.simplefilter('ignore')\n" + program
    process = start(program, gateway.url)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    children = [event for event in taken_events(gateway) if event["session_id"] == "s-2"]
    assert len(children) == 20


def test_a_signal_handler_may_track_amid_a_call(gateway: Receiver) -> None:
    program = (
        BEGIN
        + """
def on_alarm(*_):
    storepulse.track(None)
    storepulse.track("alarm", session_id="s")
signal.signal(signal.SIGALRM, on_alarm)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
for _ in range(3000):
    storepulse.track("page_view", session_id="s-1")
    storepulse.track(None)
signal.setitimer(signal.ITIMER_REAL, 0)
print(storepulse.close(30))
"""
    )
    process = start(program, gateway.url)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out.strip()) == (0, "True"), err


def test_sigterm_leaves_a_spool_to_whoever_starts_next(gateway: Receiver, tmp_path: Path) -> None:
    process = start(BEGIN + TRACK * 3 + "time.sleep(60)", gateway.url, str(tmp_path))
    assert process.stdout is not None
    ids = [process.stdout.readline().strip() for _ in range(3)]
    wait_until(lambda: sum(f.read_bytes().count(b"\n") for f in tmp_path.iterdir()) == 3, "lines")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGTERM
    assert gateway.requests == []
    later = run(BEGIN + TRACK, gateway.url, str(tmp_path)).strip()
    assert taken_ids(gateway) == dict.fromkeys([*ids, later], 1)
    assert list(tmp_path.iterdir()) == []


def test_a_spool_is_enough_to_end_at_once(tmp_path: Path) -> None:
    with refusing_url() as url:
        began = time.monotonic()
        storepulse = Storepulse(url, KEY, spool=tmp_path)
        event_id = storepulse.track("page_view", session_id="s-1")
        assert not storepulse.close(60)
        assert time.monotonic() - began < 30
        assert storepulse.stats().dropped == 0
    with Receiver(accepting, port=int(url.rpartition(":")[2])) as gateway:
        with Storepulse(url, KEY, spool=tmp_path) as storepulse:
            storepulse.track("page_view", session_id="s-1")
            assert storepulse.flush(20)
        assert taken_ids(gateway)[str(event_id)] == 1


#: Whose problems are told to a callback.
QUIET = """
import logging, resource
logging.disable()
told = []
"""
FULL_DISK = """
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
"""
LOST_FOLDER = """
import shutil
shutil.rmtree(rest[0])
"""


@pytest.mark.parametrize("trouble", [FULL_DISK, LOST_FOLDER], ids=["full", "lost"])
def test_what_the_disk_refuses_is_sent_from_memory(
    gateway: Receiver, tmp_path: Path, trouble: str
) -> None:
    """Of a process whose disk takes nothing any more, and then takes all again."""
    program = QUIET + BEGIN.replace(
        "interval=60", "interval=60, on_error=lambda p: told.append(p.kind)"
    )
    program += """
ids = [storepulse.track("page_view", session_id="s-1")]
assert storepulse.flush(20)
TROUBLE
ids += [storepulse.track("page_view", session_id="s-1") for _ in range(3)]
assert storepulse.flush(20)
assert told == ["spool"], told
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
os.makedirs(rest[0], exist_ok=True)
ids.append(storepulse.track("page_view", session_id="s-1"))
assert storepulse.flush(20)
assert told == ["spool"], told
stats = storepulse.stats()
assert (stats.accepted, stats.dropped, stats.waiting) == (5, 0, 0), stats
print(*ids)
""".replace("TROUBLE", trouble)
    ids = run(program, gateway.url, str(tmp_path / "spool")).split()
    assert taken_ids(gateway) == dict.fromkeys(ids, 1)
    assert list((tmp_path / "spool").glob("*.events")) == []


def test_what_the_disk_refuses_and_nobody_takes_is_counted_at_the_end(tmp_path: Path) -> None:
    program = QUIET + BEGIN.replace("interval=60", "interval=60, on_error=told.append")
    program += f"""
storepulse.track("page_view", session_id="s-1")
storepulse.flush(0.5)
{FULL_DISK}
storepulse.track("page_view", session_id="s-1")
storepulse.track("page_view", session_id="s-1")
assert not storepulse.close(0.5)
# The sender's time is over when close's is: who comes first is the machine's choice.
ends_at = time.monotonic() + 10
while not storepulse.stats().dropped and time.monotonic() < ends_at:
    time.sleep(0.01)
print(storepulse.stats().dropped, sum(p.events for p in told if p.kind == "not_sent"))
"""
    with refusing_url() as url:
        assert run(program, url, str(tmp_path)).split() == ["2", "2"]
    # What is on disk is left to the next client, and is not counted as lost.
    assert sum(file.read_bytes().count(b"\n") for file in tmp_path.glob("*.events")) == 1


KILLED = (
    BEGIN
    + """
storepulse.track("page_view", session_id="s-1")
number = 0
while True:
    number += 1
    storepulse.track("page_view", session_id="s-1", metadata={"n": number})
    if number % 20 == 0:
        storepulse.flush(0.001)
"""
)


@pytest.mark.timeout(240)
def test_kills_at_any_moment_lose_nothing_that_was_spooled(
    gateway: Receiver, tmp_path: Path
) -> None:
    """A process is killed again and again while it writes, sends and deletes; then one ends well.

    What had a line on disk was sent; nothing was sent that has another id or other bytes.
    """
    seed = int(os.environ.get("STOREPULSE_TEST_SEED", random.randrange(10**6)))
    print("seed", seed)
    rng = random.Random(seed)
    spool = tmp_path / "spool"
    # Half of the answers are lost, so that there are always events to send again.
    gateway.answer = lambda request: accepting(request) if rng.random() < 0.5 else Reply(503)
    spooled: dict[str, bytes] = {}
    for _ in range(8):
        process = start(KILLED, gateway.url, str(spool))
        wait_until(lambda: spool.exists() and any(spool.iterdir()), "a segment", pause=0.002)
        time.sleep(rng.random() * 0.6)
        process.kill()
        process.communicate()
        for file in spool.glob("*.events"):
            for line in file.read_bytes().split(b"\n")[:-1]:
                _, event_id, body = line.split(b"\t", 2)
                spooled[event_id.decode()] = body
    gateway.answer = accepting
    run(
        BEGIN + "print(storepulse.track('page_view', session_id='s'), storepulse.flush(60))",
        gateway.url,
        str(spool),
        seconds=90,
    )
    sent = {event["event_id"] for event in taken_events(gateway)}
    assert len(spooled) > 20
    assert spooled.keys() - sent == set()
    # The same id with other bytes would be another event under a name that was taken.
    bodies: dict[str, object] = {}
    for event in taken_events(gateway):
        assert bodies.setdefault(event["event_id"], event) == event
    assert list(spool.glob("*.events")) == []


KILLED_AT_LINES = """
import os, signal, sys, threading
from pathlib import Path
from storepulse.client import Storepulse
url, folder, first, step = sys.argv[1:]
count = 0

def trace(frame, event, arg):
    if not frame.f_code.co_filename.endswith(("/spool.py", "/segments.py")):
        return None
    def at_line(frame, event, arg):
        global count
        count += event == "line"
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return at_line
    return at_line

def visit(folder):
    storepulse = Storepulse(url, "ssk_example", spool=folder)
    for _ in range(3):
        storepulse.track("page_view", session_id="s-1")
    storepulse.flush(20)
    storepulse.track("page_view", session_id="s-1")
    storepulse.close(20)

def in_child(work):
    child = os.fork()
    if child == 0:
        work()
        os._exit(42)
    return os.waitpid(child, 0)[1]

for last in range(int(first), 2000, int(step)):
    own = Path(folder, str(last))
    def killed_visit():
        threading.settrace(trace)
        visit(own)
    status = in_child(killed_visit)
    left = list(own.glob("*.events"))
    for file in left:
        for line in file.read_bytes().split(b"\\n")[:-1]:
            print(line.split(b"\\t")[1].decode())
    if os.WIFEXITED(status):
        break
    if left:
        assert os.WEXITSTATUS(in_child(lambda: visit(own))) == 42
    assert not list(own.glob("*.events")), last
print(last, os.WEXITSTATUS(status))
"""


@pytest.mark.timeout(580)
@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.long)])
def test_a_kill_before_any_line_of_the_spool_loses_nothing_that_was_in_it(
    gateway: Receiver, tmp_path: Path, step: int
) -> None:
    """Each process is killed one line later than the one before; another finds what it left."""
    first = random.randint(1, step)
    print("first line", first)
    arguments = (gateway.url, str(tmp_path), str(first), str(step))
    out = run(KILLED_AT_LINES, *arguments, seconds=560).split()
    *spooled, lines, status = out
    assert int(lines) > 60
    assert status == "42"
    assert len(set(spooled)) >= 3
    assert set(spooled) - taken_ids(gateway).keys() == set()


def test_processes_share_a_spool_without_sending_twice(gateway: Receiver, tmp_path: Path) -> None:
    program = BEGIN + (
        "print(*[storepulse.track('page_view', session_id='s') for _ in range(200)])\n"
        "assert storepulse.flush(60)\n"
    )
    processes = [start(program, gateway.url, str(tmp_path)) for _ in range(4)]
    ids = [event_id for p in processes for event_id in p.communicate(timeout=90)[0].split()]
    assert len(ids) == 800
    assert taken_ids(gateway) == dict.fromkeys(ids, 1)
    assert list(tmp_path.iterdir()) == []
