"""Signs in with the client of the official Python MCP SDK, calls one tool, and checks its answer.

    python call.py MCP_URL TOOL ARGUMENTS EXPECTED
"""

import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "clients"))

from mcp_sdk import CLIENT_NAME, REDIRECT_URI, Memory, OAuthClientMetadata, OAuthClientProvider  # noqa: E402
from mcp_sdk import Person, check, connect, httpx, on_the_wire  # noqa: E402


async def main(url, tool, arguments, expected):
    person = Person("alice", "wonderland", CLIENT_NAME)
    auth = OAuthClientProvider(
        server_url=url,
        client_metadata=OAuthClientMetadata(client_name=CLIENT_NAME, redirect_uris=[REDIRECT_URI]),
        storage=Memory(),
        redirect_handler=person.visit,
        callback_handler=person.answer,
    )
    async with httpx.AsyncClient(auth=auth) as http, connect(url, http) as (session, _):
        tools = on_the_wire(await session.list_tools())["tools"]
        check(f"{tool} is listed", tool in {one["name"] for one in tools}, tools)
        result = on_the_wire(await session.call_tool(tool, json.loads(arguments)))
        said = any(expected in part.get("text", "") for part in result["content"])
        check(f"{tool} answers {expected}", said and not result["isError"], result)
    check("the user signed in", person.sent_to, person.sent_to)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
