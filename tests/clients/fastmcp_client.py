"""Connects fastmcp's client, which looks at the authorization page itself before the person does.

    python fastmcp_client.py MCP_URL USERNAME PASSWORD [document URL]
"""

import asyncio
import sys
import webbrowser
from importlib.metadata import version
from threading import Thread

import httpx
from fastmcp import Client
from fastmcp.client.auth import OAuth

from person import Person


def browser_of(person, client_name):
    """A browser that brings the answer to where the client listens."""
    asked = []

    def open_page(url):
        asked.append(url)
        Thread(target=lambda: httpx.get(person.visit(url, client_name)), daemon=True).start()

    webbrowser.open = open_page
    return asked


async def main(url, username, password, way="", *identity):
    name = "A published client" if way == "document" else "fastmcp"
    asked = browser_of(Person(username, password), name)
    # The document names one port, and the client listens on another.
    document = {"client_metadata_url": identity[0]} if way == "document" else {"client_name": name}
    auth = OAuth(url, **document)
    for time in ("first", "second", "third"):
        async with Client(url, auth=auth) as client:
            data = await client.call_tool("get_user_data", {})
            if username not in str(data.content):
                sys.exit(f"the tool answers for somebody else: {data}")
            # The hour is over, as far as the client can tell.
            before, auth.context.token_expiry_time = auth.context.current_tokens.refresh_token, 1
            await client.call_tool("get_user_data", {})
            if auth.context.current_tokens.refresh_token == before:
                sys.exit(f"it did not refresh by itself, the {time} time")
    if len(asked) != 1:
        sys.exit(f"the person was asked {len(asked)} times")
    print(f"ok: fastmcp {version('fastmcp')}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
