"""Connects the official Python MCP SDK, with its own OAuth client, to an MCP server.

    python mcp_sdk.py MCP_URL USERNAME PASSWORD [document URL | known ID [SECRET] | dropped]

The SDK does everything between the first 401 and the last response: discovery,
registration, PKCE, tokens, refresh and the protocol. This script adds only the user, who
signs in and allows, the expiry of the access token, and the checks. With `dropped`, the
response to the first refresh is lost. The script runs with versions 1 and 2 of the SDK.
"""

import asyncio
import sys
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from importlib.metadata import version
from urllib.parse import parse_qsl, urljoin, urlsplit

from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata
from mcp.types import LATEST_PROTOCOL_VERSION

try:
    import httpx2 as httpx
    from mcp import Client
    from mcp.client.auth import AuthorizationCodeResult
except ImportError:
    import httpx
    from mcp import ClientSession

    def callback_answer(code, state, iss):
        return code, state

    @asynccontextmanager
    async def connect(url, http):
        async with (
            streamable_http_client(url, http_client=http) as (incoming, outgoing, _),
            ClientSession(incoming, outgoing) as session,
        ):
            greeting = await session.initialize()
            yield session, greeting.protocolVersion

else:

    def callback_answer(code, state, iss):
        return AuthorizationCodeResult(code=code, state=state, iss=iss)

    @asynccontextmanager
    async def connect(url, http):
        async with Client(streamable_http_client(url, http_client=http)) as client:
            yield client.session, client.protocol_version


CLIENT_NAME = "Python MCP SDK"

# Nothing listens here: the test user reads the answer from the redirect to this URI.
REDIRECT_URI = "http://127.0.0.1:33418/callback"


class CheckFailed(Exception):
    pass


def check(what, holds, seen):
    if not holds:
        raise CheckFailed(f"not so: {what}, but {seen!r}")
    print(what, flush=True)


class Page(HTMLParser):
    """The text of a page, and its only form."""

    def __init__(self, response):
        super().__init__()
        self.url = str(response.url)
        self.action = None
        self.hidden = {}
        self.inputs = set()
        self.buttons = set()
        self.words = []
        self.feed(response.text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        name, value = attributes.get("name"), attributes.get("value")
        if tag == "body":
            self.words.clear()
        elif tag == "form":
            self.action = urljoin(self.url, attributes.get("action"))
        elif tag == "input" and attributes.get("type") == "hidden":
            self.hidden[name] = value
        elif tag == "input":
            self.inputs.add(name)
        elif tag == "button":
            self.buttons.add((name, value))

    def handle_data(self, data):
        self.words.extend(data.split())

    @property
    def text(self):
        return " ".join(self.words)


class Person:
    """The user: opens the authorization page, signs in, allows, and is redirected to the client."""

    def __init__(self, username, password, client_name):
        self.username = username
        self.password = password
        self.client_name = client_name
        self.sent_to = None

    async def visit(self, authorization_url):
        async with httpx.AsyncClient() as browser:
            page = Page(await self.follow(browser, await browser.get(authorization_url)))
            check("the user is asked to sign in", {"username", "password"} <= page.inputs, page.text)

            response = await self.submit(browser, page, username=self.username, password=self.password)
            page = Page(response)
            check("the user is asked to allow", ("decision", "allow") in page.buttons, page.text)
            check("the consent page names the client", self.client_name in page.text, page.text)

            response = await self.submit(browser, page, decision="allow")
            self.sent_to = response.headers.get("refresh", "").removeprefix("0;url=")
            is_answer = self.sent_to.startswith(f"{REDIRECT_URI}?")
            check("the user is sent to the client", is_answer, Page(response).text)

    async def submit(self, browser, page, **answers):
        return await self.follow(browser, await browser.post(page.action, data=page.hidden | answers))

    async def follow(self, browser, response):
        while response.is_redirect:
            response = await browser.send(response.next_request)
        return response

    async def answer(self):
        answer = dict(parse_qsl(urlsplit(self.sent_to).query))
        check("the client gets a code", "code" in answer, self.sent_to)
        return callback_answer(answer["code"], answer.get("state"), answer.get("iss"))


class Memory:
    """Token storage of the SDK, in memory."""

    tokens = None
    client_info = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client_info

    async def set_client_info(self, client_info):
        self.client_info = client_info


def on_the_wire(result):
    # The SDK versions name attributes differently, so the checks use the names of the protocol.
    return result.model_dump(mode="json", by_alias=True)


async def use(session, username):
    tools = on_the_wire(await session.list_tools())["tools"]
    described = {tool["name"]: tool["description"] for tool in tools}
    check("get_user_data is a tool with a description", described.get("get_user_data"), tools)

    resources = on_the_wire(await session.list_resources())["resources"]
    uris = {resource["uri"] for resource in resources}
    check("profile and statistics are resources", {"user://profile", "user://stats"} <= uris, resources)

    profile = on_the_wire(await session.read_resource("user://profile"))["contents"]
    check("the profile names the user", any(username in part["text"] for part in profile), profile)

    for arguments in ({}, {"user_id": "current"}):
        data = on_the_wire(await session.call_tool("get_user_data", arguments))
        named = any(username in part["text"] for part in data["content"])
        check(f"get_user_data with {arguments} names the user", named and not data["isError"], data)

    data = on_the_wire(await session.call_tool("get_user_data", {"user_id": "somebody-else"}))
    check("get_user_data of another user is refused", data["isError"], data)


def known(client_id, client_secret=None):
    return OAuthClientInformationFull(
        client_id=client_id,
        client_secret=client_secret,
        token_endpoint_auth_method="client_secret_post" if client_secret else "none",
        redirect_uris=[REDIRECT_URI],
    )


async def refresh(session, username, auth, person):
    for time in ("first", "second"):
        before, person.sent_to = auth.context.storage.tokens, None
        # Makes the SDK believe that the access token has expired.
        auth.context.token_expiry_time = 1
        await use(session, username)
        check_refreshed(f"the SDK refreshed by itself, the {time} time", auth, before, person)


def check_refreshed(what, auth, before, person):
    tokens = auth.context.storage.tokens
    check(what, tokens.refresh_token != before.refresh_token, tokens)
    check("the user was not asked again", person.sent_to is None, person.sent_to)


async def lose_an_answer(url, username, auth, person):
    """The lost response ends the connection. The script then connects again."""
    before, person.sent_to, lost = auth.context.storage.tokens, None, None
    try:
        async with httpx.AsyncClient(auth=auth) as http, connect(url, http) as (session, _):
            # This call succeeds, so that the call below is the first with an expired token.
            await session.list_tools()
            auth.context.token_expiry_time = 1
            await use(session, username)
    except* httpx.RemoteProtocolError as errors:
        lost = errors
    check("the caller of the SDK gets an error, because there was no answer", lost, lost)
    check("the SDK keeps its tokens", auth.context.storage.tokens == before, auth.context.storage.tokens)

    async with httpx.AsyncClient(auth=auth) as http, connect(url, http) as (session, _):
        await use(session, username)
    check_refreshed("the SDK refreshed with its old token", auth, before, person)


async def main(url, username, password, way="", *identity):
    names = {"": CLIENT_NAME, "dropped": CLIENT_NAME, "document": "A published client"}
    name = names.get(way) or identity[0]
    person = Person(username, password, name)
    memory = Memory()
    memory.client_info = known(*identity) if way == "known" else None
    auth = OAuthClientProvider(
        client_metadata_url=identity[0] if way == "document" else None,
        server_url=url,
        client_metadata=OAuthClientMetadata(client_name=CLIENT_NAME, redirect_uris=[REDIRECT_URI]),
        storage=memory,
        redirect_handler=person.visit,
        callback_handler=person.answer,
    )
    async with httpx.AsyncClient(auth=auth) as http, connect(url, http) as (session, protocol):
        check("the newest protocol version of the SDK is negotiated", protocol == LATEST_PROTOCOL_VERSION, protocol)
        await use(session, username)
        if way != "dropped":
            await refresh(session, username, auth, person)
    if way == "dropped":
        await lose_an_answer(url, username, auth, person)
    named = not identity or memory.client_info.client_id == identity[0]
    check("the client has the expected id", named, memory.client_info)
    print(f"ok: mcp {version('mcp')}, protocol {protocol}")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit("usage: mcp_sdk.py MCP_URL USERNAME PASSWORD [document URL | known ID [SECRET] | dropped]")
    asyncio.run(main(*sys.argv[1:]))
