"""A server written with FastMCP 4.

    python fastmcp_server.py PORT sessions|stateless|sse
"""

import asyncio
import sys

from fastmcp import Context, FastMCP
from fastmcp.server.dependencies import get_http_request
from mcp_types import ToolListChangedNotification

server = FastMCP("fastmcp", version="1")

cancelled = []


@server.tool
def sent() -> dict[str, str]:
    """The headers of the request, as the server received them."""
    return dict(get_http_request().headers)


@server.tool
async def count(to: int, context: Context) -> str:
    """Reports progress and logs a line at each step."""
    for step in range(1, to + 1):
        await context.report_progress(step, to, f"step {step}")
        await context.info(f"step {step}")
    return f"counted to {to}"


@server.tool
async def announce(context: Context) -> str:
    """Says on the stream of the session that the list of tools has changed."""
    await context.session.send_notification(ToolListChangedNotification())
    return "announced"


@server.tool
def long(characters: int) -> str:
    """A text that fits in no single read of a socket."""
    return "é" * characters


@server.tool
async def wait(context: Context) -> str:
    """Says that it runs, and ends only when it is cancelled."""
    try:
        await context.report_progress(0, 1, "running")
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        cancelled.append("wait")
        raise
    return "nothing cancelled this call"


@server.tool
def cancellations() -> int:
    """How many calls of `wait` were cancelled."""
    return len(cancelled)


@server.resource("upstream://greeting")
def greeting() -> str:
    return "hello — grüß dich — 你好"


if __name__ == "__main__":
    port, mode = int(sys.argv[1]), sys.argv[2]
    options = {"transport": "sse"} if mode == "sse" else {"transport": "http", "stateless_http": mode == "stateless"}
    server.run(port=port, host="127.0.0.1", show_banner=False, log_level="warning", **options)
