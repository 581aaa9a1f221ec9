"""A server written with the official Python SDK, version 1.x or 2.x.

    python python_server.py PORT|stdio
"""

import asyncio
import sys

try:
    from mcp.server.mcpserver import Context, MCPServer as Server
except ImportError:
    from mcp.server.fastmcp import Context, FastMCP as Server

server = Server("python-sdk")

cancelled = []


@server.tool()
def sent(context: Context) -> dict[str, str]:
    """The headers of the request, as the server received them."""
    return dict(context.request_context.request.headers)


@server.tool()
async def count(to: int, context: Context) -> str:
    """Reports progress and logs a line at each step."""
    for step in range(1, to + 1):
        await context.report_progress(step, to, f"step {step}")
        await context.info(f"step {step}")
    return f"counted to {to}"


@server.tool()
async def announce(context: Context) -> str:
    """Says on the stream of the session that the list of tools has changed."""
    await context.session.send_tool_list_changed()
    return "announced"


@server.tool()
def long(characters: int) -> str:
    """A text that fits in no single read of a socket."""
    return "é" * characters


@server.tool()
async def wait(context: Context) -> str:
    """Says that it runs, and ends only when it is cancelled."""
    try:
        await context.report_progress(0, 1, "running")
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        cancelled.append("wait")
        raise
    return "nothing cancelled this call"


@server.tool()
def cancellations() -> int:
    """How many calls of `wait` were cancelled."""
    return len(cancelled)


@server.resource("upstream://greeting")
def greeting() -> str:
    return "hello — grüß dich — 你好"


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        server.run("stdio")
        sys.exit()
    port = int(sys.argv[1])
    if hasattr(server, "settings") and hasattr(server.settings, "port"):
        server.settings.port = port
        server.run("streamable-http")
    else:
        server.run("streamable-http", port=port)
