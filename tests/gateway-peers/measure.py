#!/usr/bin/env python3
"""Compares gateways in front of one MCP server, in alternation: see README.md.

    measure.py cost|memory|checks [NAME...]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from checks import check
from peers import all_bridges, all_peers
from session import Session

UPSTREAM_PORT = 29300
ROUNDS = 4
SECONDS = 4


def processes(peer):
    """The processes of the peer's session, with programs that it starts."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.getsid(int(entry.name)) == peer.process.pid:
                found.append(entry)
        except ProcessLookupError:
            pass
    return found


def cpu(peer):
    """User and system time, in seconds."""
    fields = [(entry / "stat").read_text().rsplit(")", 1)[1].split() for entry in processes(peer)]
    return sum(int(field[11]) + int(field[12]) for field in fields) / os.sysconf("SC_CLK_TCK")


def memory(peer):
    """Resident memory in MiB; memory that processes have in common is counted once (PSS)."""
    lines = [line for entry in processes(peer) for line in (entry / "smaps_rollup").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@contextmanager
def running(names):
    peers = [peer for peer in [*all_peers(UPSTREAM_PORT), *all_bridges()] if peer.name in {*names, "direct"}]
    with tempfile.TemporaryDirectory() as place:
        try:
            for peer in peers:
                home = Path(place) / peer.name
                home.mkdir()
                peer.start(home)
                wait(peer)
                peer.ready()
            yield peers
        finally:
            for peer in peers:
                stop(peer)


def stop(peer):
    if hasattr(peer, "process"):
        for process in processes(peer):
            os.kill(int(process.name), 9)


def wait(peer):
    """Until the gateway answers."""
    for _ in range(900):
        try:
            Session(peer, None, timeout=5).send("ping", number=1).read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{peer.name} does not answer")


def script(peer, place):
    """What wrk sends: calls of one session."""
    session = Session(peer, peer.tokens[0]).open()
    call = {"name": f"{peer.prefix}a", "arguments": {"text": "x" * 200}}
    message = {"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": call}
    headers = "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in session.headers.items())
    path = Path(place) / f"{peer.name}.lua"
    path.write_text(f"wrk.method = \"POST\"\nwrk.body = '{json.dumps(message)}'\n{headers}")
    return path


def load(peer, lua, connections, seconds):
    """The number of calls, and the latencies at 50% and 99%."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency", "-s", lua,
               f"http://127.0.0.1:{peer.port}{peer.path}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        raise RuntimeError(f"{peer.name}: {told}")
    calls = next(int(line.split()[0]) for line in told.splitlines() if "requests in" in line)
    lines = [line.split() for line in told.splitlines()]
    shares = {words[0]: milliseconds(words[1]) for words in lines if words and words[0] in ("50%", "99%")}
    return calls, shares["50%"], shares["99%"]


def milliseconds(text):
    return float(text[:-2]) * {"us": 0.001, "ms": 1}[text[-2:]] if text[-2] in "um" else float(text[:-1]) * 1000


def costs(peer, lua):
    """Calls for each second of CPU time with 8 connections, and the latencies with one."""
    before = cpu(peer)
    calls, *_ = load(peer, lua, 8, SECONDS)
    per_second = calls / (cpu(peer) - before)
    return per_second, *load(peer, lua, 1, SECONDS)[1:]


def cost(names):
    """Each round calls every gateway, so that a busy machine is busy for all."""
    with running(names) as peers, tempfile.TemporaryDirectory() as place:
        scripts = {peer: script(peer, place) for peer in peers}
        rows = {peer: [] for peer in peers}
        for peer in peers:
            load(peer, scripts[peer], 8, 1)
        for _ in range(ROUNDS):
            for peer in list(rows):
                try:
                    rows[peer].append(costs(peer, scripts[peer]))
                except RuntimeError as error:
                    print(error)
                    del rows[peer]
        for peer in rows:
            per_second, half, most = (median(column) for column in zip(*rows[peer]))
            low, high = min(row[0] for row in rows[peer]), max(row[0] for row in rows[peer])
            calls = f"{per_second:.0f} calls per CPU second ({low:.0f} to {high:.0f})"
            print(f"{peer.name}: {calls}, p50 {half:.2f} ms, p99 {most:.2f} ms")


def streams(peer, number, seconds):
    """Opens sessions with a stream each, and returns them."""
    held, end = [], time.monotonic() + seconds
    while len(held) < number and time.monotonic() < end:
        connection, answer = Session(peer, peer.tokens[len(held) % len(peer.tokens)]).open().stream()
        if answer.status != 200:
            print(f"{peer.name}: stream {len(held)}: {answer.status} {answer.read()[:200]}")
            break
        held.append((connection, answer))
    return held


def memories(names):
    for name in names:
        with running([name]) as peers, tempfile.TemporaryDirectory() as place:
            peer = next(peer for peer in peers if peer.name == name)
            idle, lua, calls, end = memory(peer), script(peer, place), 0, time.monotonic() + 60
            while calls < 10_000 and time.monotonic() < end:
                calls += load(peer, lua, 8, 1)[0]
            called = memory(peer)
            try:
                held = streams(peer, 1000, 60)
            except (OSError, RuntimeError) as error:
                held = []
                print(f"{name}: {error}")
            before = f"idle {idle:.0f} MiB, after {calls} calls {called:.0f} MiB"
            print(f"{name}: {before}, with {len(held)} streams {memory(peer):.0f} MiB", flush=True)
            for connection, _ in held:
                connection.close()


def checked(names):
    with running(names) as peers:
        for peer in peers:
            print(peer.name, json.dumps(check(peer, UPSTREAM_PORT)), flush=True)


if __name__ == "__main__":
    names = [peer.name for peer in all_peers(UPSTREAM_PORT)]
    if sys.argv[1] != "checks":
        names += [peer.name for peer in all_bridges()]
    {"cost": cost, "memory": memories, "checks": checked}[sys.argv[1]](sys.argv[2:] or names)
