"""The Python MCP SDK exchanges ID-JAGs for access tokens, as its secret goes in the body and in the header, and calls a tool.

    python python_sdk.py MCP_URL ISSUER PROVIDER ID_TOKEN

The SDK has the second leg only, so the first is a request of this script. It prints the last access token. With fastmcp beside
the SDK, the client of fastmcp calls the tool with the SDK's provider.
"""

import asyncio
import sys

import httpx2 as httpx
from mcp.client.auth.extensions.identity_assertion import IdentityAssertionOAuthProvider

try:
    from fastmcp import Client

    def connect(url, auth):
        return Client(url, auth=auth)

except ImportError:
    from contextlib import asynccontextmanager

    from mcp import Client as Session
    from mcp.client.streamable_http import streamable_http_client

    @asynccontextmanager
    async def connect(url, auth):
        async with httpx.AsyncClient(auth=auth) as http, Session(streamable_http_client(url, http_client=http)) as client:
            yield client


class Memory:
    """Token storage of the SDK, in memory."""

    tokens = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens


def first_leg(provider, id_token, seen):
    """RFC 8693, as draft-ietf-oauth-identity-assertion-authz-grant profiles it."""

    async def exchange(audience, resource):
        async with httpx.AsyncClient() as http:
            metadata = (await http.get(f"{provider}/.well-known/openid-configuration")).json()
            form = {
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                "requested_token_type": "urn:ietf:params:oauth:token-type:id-jag",
                "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
                "subject_token": id_token,
                "audience": audience,
                "resource": resource,
                "client_id": "desktop",
                "client_secret": "another secret",
            }
            answer = (await http.post(metadata["token_endpoint"], data=form)).raise_for_status().json()
        seen.append((audience, resource))
        return answer["access_token"]

    return exchange


async def main(url, issuer, provider, id_token):
    for method in ("client_secret_post", "client_secret_basic"):
        memory, seen = Memory(), []
        auth = IdentityAssertionOAuthProvider(
            server_url=url,
            storage=memory,
            client_id="enterprise",
            client_secret="a secret that is long enough",
            issuer=issuer,
            assertion_provider=first_leg(provider, id_token, seen),
            token_endpoint_auth_method=method,
        )
        async with connect(url, auth) as client:
            told = await client.call_tool("get_user_data", {})
        if getattr(told, "is_error", False):
            sys.exit(f"{method}: {told}")
        if memory.tokens.refresh_token or seen != [(issuer, url)]:
            sys.exit(f"{method}: {memory.tokens} after {seen}")
    print(memory.tokens.access_token)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
