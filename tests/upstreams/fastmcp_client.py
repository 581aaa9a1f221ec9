"""Calls an MCP server with the client of FastMCP, and prints what it saw; see python_client.py.

    python fastmcp_client.py http|sse URL CALLS [USERNAME PASSWORD]
    python fastmcp_client.py stdio COMMAND CALLS
"""

import asyncio
import json
import shlex
import sys
import webbrowser
from pathlib import Path
from threading import Thread

import httpx2
from fastmcp import Client
from fastmcp.client.auth import OAuth
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport
from transcript import FORGED, GREETING, Transcript, plain

sys.path.append(str(Path(__file__).parent.parent / "clients"))
from person import Person


def signing_in(url, username, password):
    """The browser of the user opens the redirect URI, where the client listens."""

    def open_page(page):
        person = Person(username, password)
        Thread(target=lambda: httpx2.get(person.visit(page, "fastmcp")), daemon=True).start()

    webbrowser.open = open_page
    return OAuth(url, client_name="fastmcp")


async def counted(call):
    return plain(await call)["content"][0]["text"]


def carrier(transport, address, user, seen):
    if transport == "stdio":
        command, *arguments = shlex.split(address)
        return StdioTransport(command, arguments)

    def http(headers=None, timeout=None, auth=None, **options):
        hooks = {"response": [seen.answered]}
        return httpx2.AsyncClient(headers=headers, timeout=timeout, auth=auth, event_hooks=hooks, **options)

    kind = SSETransport if transport == "sse" else StreamableHttpTransport
    auth = signing_in(address, *user) if user else None
    return kind(address, headers=FORGED, auth=auth, httpx_client_factory=http)


async def main(transport, address, calls, *user):
    seen = Transcript(transport, address)
    async with Client(carrier(transport, address, user, seen), message_handler=seen.hear) as client:
        seen.keep("tools", await client.list_tools_mcp())
        seen.keep("resources", await client.list_resources_mcp())
        for name, arguments in json.loads(calls):
            seen.keep(name, await client.call_tool_mcp(name, arguments, progress_handler=seen.progress))
        if GREETING in str(seen.results["resources"]):
            seen.keep("greeting", await client.read_resource_mcp(GREETING))
        if "cancellations" in str(seen.results["tools"]):
            await seen.cancel(
                lambda progress: client.call_tool_mcp("wait", {}, progress_handler=progress),
                lambda: counted(client.call_tool_mcp("cancellations", {})),
            )
        await seen.listen(client.call_tool)
    seen.tell()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
