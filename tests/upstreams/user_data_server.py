"""A server with the tools and resources that the clients in tests/clients call, written with the Python SDK 2.x.

    python user_data_server.py PORT USERNAME
"""

import sys

from mcp.server.mcpserver import MCPServer

port, username = int(sys.argv[1]), sys.argv[2]
server = MCPServer("user-data")


@server.tool()
def get_user_data(user_id: str = "current") -> str:
    """The data of the user."""
    if user_id != "current":
        raise ValueError("only the own data can be read")
    return f"the data of {username}"


@server.resource("user://profile")
def profile() -> str:
    return f"the profile of {username}"


@server.resource("user://stats")
def statistics() -> str:
    return f"the statistics of {username}"


if __name__ == "__main__":
    server.run("streamable-http", port=port)
