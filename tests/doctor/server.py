"""A FastMCP server whose users sign in at another authorization server.

    python server.py PORT ISSUER
"""

import sys

from fastmcp import FastMCP
from fastmcp.server.auth import RemoteAuthProvider
from fastmcp.server.auth.providers.jwt import JWTVerifier

port, issuer = int(sys.argv[1]), sys.argv[2]
url = f"http://127.0.0.1:{port}"
verifier = JWTVerifier(jwks_uri=f"{issuer}/jwks", issuer=issuer, audience=f"{url}/mcp", required_scopes=["user"])
auth = RemoteAuthProvider(token_verifier=verifier, authorization_servers=[issuer], base_url=url)
server = FastMCP("remote", auth=auth)


@server.tool
def hello() -> str:
    """Says hello."""
    return "hello"


if __name__ == "__main__":
    server.run(transport="http", port=port, host="127.0.0.1", show_banner=False, log_level="warning")
