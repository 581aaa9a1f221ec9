"""Connects the OAuth 2.0 session of Authlib to an MCP server, and makes it refresh.

    python authlib_client.py MCP_URL USERNAME PASSWORD [known ID [SECRET]]
"""

import sys
from importlib.metadata import version
from urllib.parse import urlsplit

import httpx
from authlib.integrations.httpx_client import OAuth2Client

from person import REDIRECT_URI, Person


def check(what, holds, seen):
    if not holds:
        sys.exit(f"not so: {what}, but {seen!r}")
    print(what, flush=True)


def discover(url):
    parts = urlsplit(url)
    place = f"{parts.scheme}://{parts.netloc}/.well-known/oauth-protected-resource{parts.path}"
    issuer = httpx.get(place).raise_for_status().json()["authorization_servers"][0]
    return httpx.get(f"{issuer}/.well-known/oauth-authorization-server").raise_for_status().json()


def register(server, name):
    metadata = {"client_name": name, "redirect_uris": [REDIRECT_URI]}
    answer = httpx.post(server["registration_endpoint"], json=metadata)
    check("the client is registered", answer.status_code == 201, answer.text)
    return answer.json()["client_id"], None


def use(session, url):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"accept": "application/json, text/event-stream"}
    answer = session.post(url, json=message, headers=headers)
    check("the MCP server accepts the token", answer.status_code == 200, answer.text)


def main(url, username, password, way="", *identity):
    server = discover(url)
    name = identity[0] if identity else "Authlib"
    client_id, secret = (*identity, None)[:2] if identity else register(server, name)
    session = OAuth2Client(
        client_id,
        secret,
        redirect_uri=REDIRECT_URI,
        scope="user",
        code_challenge_method="S256",
        token_endpoint=server["token_endpoint"],
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
    )
    verifier = "0123456789-0123456789-0123456789-0123456789"
    authorization, state = session.create_authorization_url(
        server["authorization_endpoint"], code_verifier=verifier, resource=url
    )
    callback = Person(username, password).visit(authorization, name)
    check("the state is repeated", f"state={state}" in callback, callback)
    session.fetch_token(authorization_response=callback, code_verifier=verifier, resource=url)
    use(session, url)
    for time in ("first", "second"):
        before = session.token["refresh_token"]
        # Makes the session believe that its access token has expired.
        session.token["expires_at"] = 1
        use(session, url)
        renewed = session.token["refresh_token"] != before
        check(f"the session refreshed by itself, the {time} time", renewed, time)
    print(f"ok: authlib {version('authlib')}")


if __name__ == "__main__":
    main(*sys.argv[1:])
