"""Has Authlib sign a user in as an OpenID client of a web application: it validates the ID token, and reads UserInfo.

    python userinfo_authlib.py MCP_URL USERNAME PASSWORD
"""

import asyncio
import sys
from importlib.metadata import version
from urllib.parse import parse_qs, urlsplit

import httpx
from authlib.integrations.starlette_client import OAuth

from authlib_client import check, discover, register
from person import REDIRECT_URI, Person


async def connect(url, username, password):
    server = discover(url)
    client_id, _ = register(server, "Authlib")
    application = OAuth().register(
        "doorward",
        client_id=client_id,
        server_metadata_url=f"{server['issuer']}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "none",
        },
    )
    begun = await application.create_authorization_url(REDIRECT_URI, resource=url)
    check("a nonce is sent", "nonce" in begun, begun)
    callback = Person(username, password).visit(begun["url"], "Authlib")
    (code,) = parse_qs(urlsplit(callback).query)["code"]
    token = await application.fetch_access_token(
        redirect_uri=REDIRECT_URI, code=code, code_verifier=begun["code_verifier"], resource=url
    )
    check("there is an ID token", "id_token" in token, token.keys())
    claims = await application.parse_id_token(token, nonce=begun["nonce"])
    check("it is of the user", claims["sub"] == username, claims)
    user = await application.userinfo(token=token)
    expected = {"sub": username, "email": "alice@acme.example", "email_verified": True, "name": username}
    check("UserInfo is read", dict(user) == expected, user)
    try:
        await application.parse_id_token(token, nonce="another")
    except Exception as error:
        print(f"the nonce of another sign-in is refused: {error}", flush=True)
    else:
        sys.exit("not so: the nonce of another sign-in is refused")
    swapped = httpx.get(server["userinfo_endpoint"], headers={"authorization": f"Bearer {token['id_token']}"})
    check("an ID token opens nothing", swapped.status_code == 401, swapped.text)


if __name__ == "__main__":
    asyncio.run(connect(*sys.argv[1:4]))
    print(f"ok: authlib {version('authlib')}")
