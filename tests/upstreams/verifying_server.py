"""A server that accepts only requests with an identity that the gateway signed, as docs/gateway.md shows it for FastMCP.

    python verifying_server.py PORT ISSUER RESOURCE
"""

import sys

from fastmcp import FastMCP
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token

port, issuer, resource = int(sys.argv[1]), sys.argv[2], sys.argv[3]
auth = JWTVerifier(jwks_uri=f"{issuer}/oauth/identity/jwks", issuer=issuer, audience=resource, algorithm="ES256")
server = FastMCP("verifying", auth=auth)


@server.tool
def caller() -> dict:
    """The claims that FastMCP verified."""
    return get_access_token().claims


if __name__ == "__main__":
    server.run(transport="http", port=port, host="127.0.0.1", show_banner=False, log_level="warning")
