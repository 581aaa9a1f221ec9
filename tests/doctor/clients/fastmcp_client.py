"""Connects the client of fastmcp, and ends its access token. It refreshes, or asks its user again if it has no
refresh token.

    python fastmcp_client.py MCP_URL PERSON
"""

import asyncio
import sys
import webbrowser
from threading import Thread

import httpx
from fastmcp import Client
from fastmcp.client.auth import OAuth

url, person = sys.argv[1:]
asked = []


def visit(authorization):
    """The user with a browser is a service of the test. The browser opens the redirect URI, where the client listens."""
    answer = httpx.post(person, content=authorization, timeout=30)
    httpx.get(answer.raise_for_status().text)


def open_page(authorization):
    asked.append(authorization)
    Thread(target=visit, args=[authorization], daemon=True).start()


async def main():
    auth = OAuth(url, client_name="fastmcp")
    async with Client(url, auth=auth) as client:
        await client.call_tool("hello", {})
        before = auth.context.current_tokens
        # Makes the client believe that its access token has expired.
        auth.context.token_expiry_time = 1
        await client.call_tool("hello", {})
        assert auth.context.current_tokens is not before, "the client gets new tokens"
    assert len(asked) == (1 if before.refresh_token else 2), "how often the user is asked"
    print("ok")


webbrowser.open = open_page
asyncio.run(main())
