"""A FastMCP server that takes ID-JAGs of https://idp.example. Sign-in, which these tests do not use, would lead elsewhere.

    python fastmcp_server.py PORT ORIGIN KEYS
"""

import sys

from fastmcp import FastMCP
from fastmcp.server.auth import OAuthProxy
from fastmcp.server.auth.identity_assertion import IdentityAssertion
from fastmcp.server.auth.providers.jwt import JWTVerifier

port, url, keys = int(sys.argv[1]), sys.argv[2], sys.argv[3]
issuer = "https://idp.example"
auth = OAuthProxy(
    upstream_authorization_endpoint=f"{issuer}/authorize",
    upstream_token_endpoint=f"{issuer}/token",
    upstream_client_id="fastmcp",
    upstream_client_secret="a secret",
    token_verifier=JWTVerifier(jwks_uri=keys, issuer=issuer, audience="fastmcp", required_scopes=["user"]),
    base_url=url,
    jwt_signing_key="for these tests alone",
    identity_assertion=IdentityAssertion(trusted_issuers=[issuer], jwks_uris={issuer: keys}, algorithm="ES256"),
)
server = FastMCP("elsewhere", auth=auth)


@server.tool
def hello() -> str:
    """Says hello."""
    return "hello"


if __name__ == "__main__":
    server.run(transport="http", port=port, host="127.0.0.1", show_banner=False, log_level="warning")
