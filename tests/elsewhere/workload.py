"""The Python MCP SDK connects as a workload, without a user: its client assertion is a token of the platform.

    python workload.py MCP_URL ISSUER PROVIDER

The platform is the provider of provider.mjs, and the token is the one that its client `job` gets. Prints the access token.
"""

import asyncio
import sys

import httpx2 as httpx
from mcp import Client
from mcp.client.auth.extensions.client_credentials import PrivateKeyJWTOAuthProvider
from mcp.client.streamable_http import streamable_http_client
from python_sdk import Memory as Tokens


class Memory(Tokens):
    async def get_client_info(self):
        return None

    async def set_client_info(self, client_info):
        pass


async def main(url, issuer, provider):
    async def token_of_the_platform(audience):
        form = {"grant_type": "client_credentials", "resource": audience, "client_id": "job", "client_secret": "a third secret"}
        async with httpx.AsyncClient() as http:
            return (await http.post(f"{provider}/token", data=form)).raise_for_status().json()["access_token"]

    memory = Memory()
    auth = PrivateKeyJWTOAuthProvider(
        server_url=url,
        storage=memory,
        client_id="nightly",
        assertion_provider=token_of_the_platform,
        issuer=issuer,
    )
    async with httpx.AsyncClient(auth=auth) as http, Client(streamable_http_client(url, http_client=http)) as client:
        tools = await client.list_tools()
        if not tools.tools:
            sys.exit(f"no tools: {tools}")
    print(memory.tokens.access_token)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
