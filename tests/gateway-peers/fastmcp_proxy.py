"""FastMCP's proxy, with bearer tokens of two users, or without tokens.

    python fastmcp_proxy.py PORT UPSTREAM_URL [open]
"""

import sys

from fastmcp.server import create_proxy
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier

port, upstream, *is_open = sys.argv[1:]
tokens = {name: {"client_id": name, "scopes": []} for name in ("alice-token", "bob-token")}
server = create_proxy(upstream, name="proxy", **({} if is_open else {"auth": StaticTokenVerifier(tokens=tokens)}))
server.run(transport="http", host="127.0.0.1", port=int(port), show_banner=False, log_level="error")
