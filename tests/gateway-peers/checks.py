"""What passes a gateway, and what does not."""

import json
import time
import urllib.request
from http.client import HTTPException

from session import Session, whole


def state(upstream_port):
    with urllib.request.urlopen(f"http://127.0.0.1:{upstream_port}/state", timeout=10) as response:
        return json.load(response)


def check(peer, upstream_port):
    session = Session(peer, peer.tokens[0] or "a-token-of-the-client").open()
    found = {}
    for name, one in CHECKS.items():
        try:
            found[name] = one(peer, session, lambda: state(upstream_port))
        except (OSError, HTTPException, RuntimeError, ValueError, KeyError, IndexError) as error:
            found[name] = f"failed: {type(error).__name__}: {error}"
    return found


def authorization(_, session, seen):
    session.call("a", more={"Cookie": "client=1"}).read()
    headers = seen()["headers"]
    same = headers.get("authorization") == session.headers["Authorization"]
    return {"token reaches the upstream": same, "cookie reaches the upstream": headers.get("cookie") == "client=1"}


def cookies(_, session, __):
    answer = session.call("a")
    answer.read()
    return "upstream=1" in (answer.getheader("Set-Cookie") or "")


def sessions(_, session, seen):
    """How many sessions of the upstream begin in ten calls of one session."""
    before = seen()["sessions"]
    for _ in range(10):
        session.call("a").read()
    return seen()["sessions"] - before


def refused(tool, header):
    def run(_, session, __):
        answer = session.call(tool)
        body = answer.read()[:160].decode(errors="replace")
        return {"status": answer.status, header: answer.getheader(header), "body": body}

    return run


def big(_, session, __):
    answer = session.call("big")
    message = whole(answer)
    sent = json.dumps({"content": [{"type": "text", "text": "é" * 200_000}]}, ensure_ascii=False, separators=(",", ":"))
    same_text = json.loads(message)["result"]["content"][0]["text"] == "é" * 200_000
    return {"same text": same_text, "same bytes": sent.encode() in message}


def progress(_, session, __):
    begun, heard = time.monotonic(), []
    answer = session.call("progress", progress=True)
    while line := answer.readline():
        if b"notifications/progress" in line:
            heard.append(round(time.monotonic() - begun, 2))
    return {"progress at": heard, "end": round(time.monotonic() - begun, 2)}


def leaving(_, session, seen):
    """The client leaves in a call that does not end."""
    return stopped(session, seen, lambda waiting: waiting.connection.close())


def cancelling(_, session, seen):
    """The client sends `notifications/cancelled` (MCP 2025-11-25, Cancellation), and keeps the connection."""

    def cancel(waiting):
        other = Session(session.peer, session.token)
        other.headers = session.headers
        other.send("notifications/cancelled", {"requestId": waiting.number}).read()

    return stopped(session, seen, cancel)


def stopped(session, seen, stop):
    before = seen()
    waiting = Session(session.peer, session.token, timeout=1)
    waiting.headers = session.headers
    try:
        waiting.call("wait", progress=True).read(1)
    except OSError:
        pass
    if seen()["waiting"] == before["waiting"]:
        return "the call does not reach the upstream"
    stop(waiting)
    begun = time.monotonic()
    while time.monotonic() - begun < 5:
        now = seen()
        for name in ("left", "cancelled"):
            if now[name] > before[name]:
                return {"upstream": name, "after": round(time.monotonic() - begun, 2)}
        time.sleep(0.02)
    return "not within 5 seconds"


def foreign_session(peer, session, _):
    """A session id that another user uses."""
    if "Mcp-Session-Id" not in session.headers:
        return "no session id"
    if len(peer.tokens) < 2:
        return "one user only"
    other = Session(peer, peer.tokens[1])
    other.headers = session.headers | {"Authorization": f"Bearer {peer.tokens[1]}"}
    answer = other.call("a")
    return {"status": answer.status, "body": answer.read()[:100].decode(errors="replace")}


CHECKS = {
    "authorization": authorization,
    "upstream's cookie reaches the client": cookies,
    "sessions in ten calls": sessions,
    "401": refused("refuse", "WWW-Authenticate"),
    "302": refused("redirect", "Location"),
    "big": big,
    "progress": progress,
    "session of another user": foreign_session,
    "the client leaves": leaving,
    "the client cancels": cancelling,
}
