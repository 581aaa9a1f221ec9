"""Connects the client of fastmcp, which opens the authorization page itself before the user does.

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
    """Installs a browser that signs in and opens the redirect URI, where the client listens."""
    asked = []

    def open_page(url):
        asked.append(url)
        Thread(target=lambda: httpx.get(person.visit(url, client_name)), daemon=True).start()

    webbrowser.open = open_page
    return asked


async def main(url, username, password, way="", *identity):
    name = "A published client" if way == "document" else "fastmcp"
    asked = browser_of(Person(username, password), name)
    # The client listens on another port than the one in its document.
    document = {"client_metadata_url": identity[0]} if way == "document" else {"client_name": name}
    auth = OAuth(url, **document)
    for time in ("first", "second", "third"):
        async with Client(url, auth=auth) as client:
            data = await client.call_tool("get_user_data", {})
            if username not in str(data.content):
                sys.exit(f"the tool answers for another user: {data}")
            # Makes the client believe that its access token has expired.
            before, auth.context.token_expiry_time = auth.context.current_tokens.refresh_token, 1
            await client.call_tool("get_user_data", {})
            if auth.context.current_tokens.refresh_token == before:
                sys.exit(f"the client did not refresh by itself, the {time} time")
    if len(asked) != 1:
        sys.exit(f"the user was asked {len(asked)} times")
    print(f"ok: fastmcp {version('fastmcp')}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
