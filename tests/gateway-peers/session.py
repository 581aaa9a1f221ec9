"""A client of one session, byte by byte, so that no library repairs what a gateway does."""

import http.client
import itertools
import json

numbers = itertools.count(2)
INITIALIZE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "measure", "version": "1"}}


class Session:
    def __init__(self, peer, token, timeout=20):
        self.peer, self.token, self.timeout = peer, token, timeout
        self.headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def open(self):
        answer = self.send("initialize", INITIALIZE, number=1)
        if answer.status != 200:
            raise RuntimeError(f"{self.peer.name}: initialize: {answer.status} {answer.read()[:300]}")
        session = answer.getheader("Mcp-Session-Id")
        version = json.loads(whole(answer))["result"]["protocolVersion"]
        self.headers["MCP-Protocol-Version"] = version
        if session:
            self.headers["Mcp-Session-Id"] = session
        self.send("notifications/initialized").read()
        return self

    def send(self, method, params=None, number=None, more=None):
        """The answer, of which only the head has been read. Its connection is its own."""
        message = {"jsonrpc": "2.0", "method": method} | ({"params": params} if params else {})
        if number:
            message["id"] = number
        self.connection = http.client.HTTPConnection("127.0.0.1", self.peer.port, timeout=self.timeout)
        self.connection.request("POST", self.peer.path, json.dumps(message), self.headers | (more or {}))
        return self.connection.getresponse()

    def call(self, tool, arguments=None, more=None, progress=False):
        params = {"name": self.peer.prefix + tool, "arguments": arguments or {}}
        if progress:
            params["_meta"] = {"progressToken": "p"}
        self.number = next(numbers)
        return self.send("tools/call", params, self.number, more)

    def stream(self):
        """The socket of the session's stream, and the first bytes of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.peer.port, timeout=self.timeout)
        headers = {name: value for name, value in self.headers.items() if name != "Content-Type"}
        connection.request("GET", self.peer.path, headers=headers | {"Accept": "text/event-stream"})
        return connection, connection.getresponse()


def whole(answer):
    """The last JSON-RPC message of an answer, as bytes."""
    body = answer.read()
    if "event-stream" not in (answer.getheader("Content-Type") or ""):
        return body
    return [line[5:].strip() for line in body.splitlines() if line.startswith(b"data:") and b"{" in line][-1]
