"""Calls an MCP server with the official Python SDK, version 1.x or 2.x, and prints what it saw.

    python python_client.py http|sse URL CALLS [USERNAME PASSWORD]
    python python_client.py stdio COMMAND CALLS

CALLS is JSON: a list of tools and their arguments. With a username, the server is behind a gateway, and the SDK signs in.
"""

import asyncio
import json
import shlex
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from mcp.client.auth import OAuthClientProvider
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata
from transcript import FORGED, GREETING, Transcript, plain

sys.path.append(str(Path(__file__).parent.parent / "clients"))
from person import REDIRECT_URI, Person

try:
    import httpx2 as httpx
    from mcp import Client
    from mcp.client.auth import AuthorizationCodeResult
except ImportError:
    import httpx
    from mcp import ClientSession

    # Version 1 tells the server nothing when the task of a call is cancelled.
    CANCELS = False

    def callback_answer(code, state, iss):
        return code, state

    @asynccontextmanager
    async def connect(carrier, seen):
        async with (
            carrier as (incoming, outgoing, *_),
            ClientSession(incoming, outgoing, message_handler=seen.hear) as session,
        ):
            greeting = await session.initialize()
            seen.keep("initialized", greeting)
            yield session

else:
    CANCELS = True

    def callback_answer(code, state, iss):
        return AuthorizationCodeResult(code=code, state=state, iss=iss)

    @asynccontextmanager
    async def connect(carrier, seen):
        async with Client(carrier, message_handler=seen.hear) as client:
            seen.keep("protocol", client.protocol_version)
            seen.keep("server", client.server_info)
            seen.keep("capabilities", client.server_capabilities)
            yield client.session


class Memory:
    """Token storage of the SDK, in memory."""

    tokens = None
    client_info = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client_info

    async def set_client_info(self, client_info):
        self.client_info = client_info


def signing_in(url, username, password):
    visited = []

    async def redirect(authorization_url):
        visited.append(await asyncio.to_thread(Person(username, password).visit, authorization_url, "Python MCP SDK"))

    async def callback():
        answer = dict(parse_qsl(urlsplit(visited[-1]).query))
        return callback_answer(answer["code"], answer.get("state"), answer.get("iss"))

    return OAuthClientProvider(
        server_url=url,
        client_metadata=OAuthClientMetadata(client_name="Python MCP SDK", redirect_uris=[REDIRECT_URI]),
        storage=Memory(),
        redirect_handler=redirect,
        callback_handler=callback,
    )


@asynccontextmanager
async def carrier(transport, address, auth, seen):
    """The streams of a transport of the SDK."""

    def http(headers=None, timeout=30, auth=None):
        return httpx.AsyncClient(auth=auth, headers=headers, event_hooks={"response": [seen.answered]}, timeout=timeout)

    if transport == "stdio":
        command, *arguments = shlex.split(address)
        opening = stdio_client(StdioServerParameters(command=command, args=arguments))
    elif transport == "sse":
        opening = sse_client(address, headers=FORGED, auth=auth, httpx_client_factory=http)
    else:
        client = http(FORGED, auth=auth)
        opening = streamable_http_client(address, http_client=client)
    async with opening as streams:
        yield streams


async def counted(call):
    return plain(await call)["content"][0]["text"]


async def main(transport, address, calls, *user):
    seen = Transcript(transport, address)
    auth = signing_in(address, *user) if user else None
    async with connect(carrier(transport, address, auth, seen), seen) as session:
        seen.keep("tools", await session.list_tools())
        seen.keep("resources", await session.list_resources())
        for name, arguments in json.loads(calls):
            result = await session.call_tool(name, arguments, progress_callback=seen.progress)
            seen.keep(name, result)
        if GREETING in str(seen.results["resources"]):
            seen.keep("greeting", await session.read_resource(GREETING))
        if CANCELS and "cancellations" in str(seen.results["tools"]):
            await seen.cancel(
                lambda progress: session.call_tool("wait", {}, progress_callback=progress),
                lambda: counted(session.call_tool("cancellations", {})),
            )
        await seen.listen(session.call_tool)
    seen.tell()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
