"""Connects the official Python MCP SDK, version 1 or 2, and ends its access token. It refreshes, or asks its user
again if it has no refresh token.

    python sdk.py MCP_URL PERSON
"""

import asyncio
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

sys.path.append(str(Path(__file__).resolve().parents[2] / "clients"))
from mcp_sdk import REDIRECT_URI, Memory, OAuthClientMetadata, OAuthClientProvider, callback_answer, connect, httpx

url, person = sys.argv[1:]


class User:
    """The user with a browser is a service of the test."""

    visits = 0

    async def visit(self, authorization_url):
        self.visits += 1
        async with httpx.AsyncClient(timeout=30) as http:
            answer = await http.post(person, content=authorization_url)
            self.sent_to = answer.raise_for_status().text

    async def answer(self):
        answer = dict(parse_qsl(urlsplit(self.sent_to).query))
        return callback_answer(answer["code"], answer.get("state"), answer.get("iss"))


async def main():
    user, memory = User(), Memory()
    auth = OAuthClientProvider(
        server_url=url,
        client_metadata=OAuthClientMetadata(client_name="Python MCP SDK", redirect_uris=[REDIRECT_URI]),
        storage=memory,
        redirect_handler=user.visit,
        callback_handler=user.answer,
    )
    async with httpx.AsyncClient(auth=auth, timeout=30) as http, connect(url, http) as (session, _):
        await session.call_tool("hello", {})
        # Makes the SDK believe that the access token has expired.
        before, auth.context.token_expiry_time = memory.tokens, 1
        await session.call_tool("hello", {})
        assert memory.tokens is not before, "the SDK gets new tokens"
    assert user.visits == (1 if before.refresh_token else 2), "how often the user is asked"
    print("ok")


asyncio.run(main())
