"""A FastMCP server whose users sign in at another authorization server, or, without one, at its own in memory.

    python server.py PORT ORIGIN [ISSUER]
"""

import sys

from fastmcp import FastMCP
from fastmcp.server.auth import RemoteAuthProvider
from fastmcp.server.auth.auth import ClientRegistrationOptions, RevocationOptions
from fastmcp.server.auth.providers.in_memory import InMemoryOAuthProvider
from fastmcp.server.auth.providers.jwt import JWTVerifier

port, url, issuers, scopes = int(sys.argv[1]), sys.argv[2], sys.argv[3:], ["user"]
if issuers:
    keys = f"{issuers[0]}/jwks"
    verifier = JWTVerifier(jwks_uri=keys, issuer=issuers[0], audience=f"{url}/mcp", required_scopes=scopes)
    auth = RemoteAuthProvider(token_verifier=verifier, authorization_servers=issuers, base_url=url)
else:
    registration = ClientRegistrationOptions(enabled=True, valid_scopes=scopes, default_scopes=scopes)
    auth = InMemoryOAuthProvider(
        base_url=url,
        client_registration_options=registration,
        revocation_options=RevocationOptions(enabled=True),
        required_scopes=scopes,
    )
server = FastMCP("remote", auth=auth)


@server.tool
def hello() -> str:
    """Says hello."""
    return "hello"


if __name__ == "__main__":
    server.run(transport="http", port=port, host="127.0.0.1", show_banner=False, log_level="warning")
