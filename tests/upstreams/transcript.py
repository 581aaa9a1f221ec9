"""What a client saw of a server: requests, answers and notifications, as JSON.

HTTP requests are recorded as method and status, once each, because clients open streams at any time. 401 is left out:
it is the first answer of a gateway, and the client signs in. On standard input and output there are none.
"""

import asyncio
import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

# What a client must not be able to tell the server behind a gateway.
FORGED = json.loads((Path(__file__).parent / "forged.json").read_text())

# A resource with characters of several bytes.
GREETING = "upstream://greeting"


class Transcript:
    def __init__(self, transport, address):
        self.transport = transport
        self.address = urlsplit(address)
        self.requests = set()
        self.notifications = {"progress": [], "messages": []}
        self.results = {}
        self.listening = asyncio.Event()
        self.announced = asyncio.Event()

    async def answered(self, response):
        """A hook of the HTTP client."""
        request = response.request
        if self.is_mcp(request) and response.status_code != 401:
            self.requests.add(f"{request.method} {response.status_code}")
            initialized = response.is_success and "mcp-protocol-version" in request.headers
            if request.method == "GET" or (initialized and "mcp-session-id" not in request.headers):
                self.listening.set()

    def is_mcp(self, request):
        """On HTTP+SSE, messages are sent to another path of the server."""
        called = urlsplit(str(request.url))
        is_message = self.transport == "sse" and request.method == "POST" and called.netloc == self.address.netloc
        return called == self.address or is_message

    async def progress(self, progress, total, message):
        self.notifications["progress"].append([progress, total, message])

    async def hear(self, message):
        told = plain(getattr(message, "root", message))
        if not isinstance(told, dict):
            return
        method, parameters = told.get("method"), told.get("params") or {}
        if method == "notifications/message":
            self.notifications["messages"].append([parameters["level"], parameters["data"]])
        if method == "notifications/tools/list_changed":
            self.announced.set()

    async def listen(self, call):
        """Waits for the stream of the session, if there is a session, and calls the tool that announces."""
        if self.transport != "http":
            return
        await asyncio.wait_for(self.listening.wait(), 30)
        if "GET 200" in self.requests and "announce" in str(self.results["tools"]):
            await call("announce", {})
            await asyncio.wait_for(self.announced.wait(), 30)
            self.results["announced"] = True

    async def cancel(self, call, count):
        """Cancels a call that runs, and waits until the server has seen it."""
        running = asyncio.Event()

        async def progress(*_):
            running.set()

        before = await count()
        waiting = asyncio.create_task(call(progress))
        await asyncio.wait_for(running.wait(), 30)
        waiting.cancel()
        async with asyncio.timeout(30):
            while await count() == before:
                await asyncio.sleep(0.05)
        self.results["cancelled"] = True

    def keep(self, name, result):
        self.results[name] = plain(result)

    def tell(self):
        told = {"requests": sorted(self.requests), "notifications": self.notifications, "results": self.results}
        json.dump(told, sys.stdout)


def plain(result):
    """The protocol's own names, so that versions of a library agree."""
    return result.model_dump(mode="json", by_alias=True, exclude_none=True) if hasattr(result, "model_dump") else result
