"""The client of the official Python MCP SDK, which keeps its tokens in a file.

    python client.py sign-in MCP_URL FILE USERNAME PASSWORD
    python client.py stay MCP_URL FILE

`sign-in` registers, signs the user in and calls a tool. `stay` calls the tool with the tokens of the file, refreshes them, and
fails if the user is asked to sign in.
"""

import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "clients"))

from mcp.shared.auth import OAuthToken  # noqa: E402
from mcp_sdk import CLIENT_NAME, REDIRECT_URI, OAuthClientInformationFull, OAuthClientMetadata  # noqa: E402
from mcp_sdk import OAuthClientProvider, Person, check, connect, httpx, on_the_wire  # noqa: E402


class File:
    """Token storage of the SDK, in a file."""

    def __init__(self, path):
        self.path = Path(path)
        self.kept = json.loads(self.path.read_text()) if self.path.exists() else {}

    def keep(self, name, value):
        self.kept[name] = value.model_dump(mode="json", exclude_none=True)
        self.path.write_text(json.dumps(self.kept))

    async def get_tokens(self):
        return OAuthToken(**self.kept["tokens"]) if "tokens" in self.kept else None

    async def set_tokens(self, tokens):
        self.keep("tokens", tokens)

    async def get_client_info(self):
        return OAuthClientInformationFull(**self.kept["client"]) if "client" in self.kept else None

    async def set_client_info(self, client_info):
        self.keep("client", client_info)


async def call(session, what):
    result = on_the_wire(await session.call_tool("get_user_data", {}))
    check(what, not result["isError"], result)


async def main(way, url, path, username="", password=""):
    file, person = File(path), Person(username, password, CLIENT_NAME)
    auth = OAuthClientProvider(
        server_url=url,
        client_metadata=OAuthClientMetadata(client_name=CLIENT_NAME, redirect_uris=[REDIRECT_URI]),
        storage=file,
        redirect_handler=person.visit,
        callback_handler=person.answer,
    )
    async with httpx.AsyncClient(auth=auth) as http, connect(url, http) as (session, _):
        await call(session, "the tool answers")
        if way == "stay":
            before = file.kept["tokens"]["refresh_token"]
            # Makes the SDK believe that the access token has expired.
            auth.context.token_expiry_time = 1
            await call(session, "the tool answers after a refresh")
            check("the client refreshed", file.kept["tokens"]["refresh_token"] != before, before)
    check(f"the user signed in: {way == 'sign-in'}", bool(person.sent_to) == (way == "sign-in"), person.sent_to)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
