"""Authlib signs ID-JAGs: a provider of which nothing is ours but the two pages that name its keys.

    python signer.py

It prints its issuer. For each line of standard input, a token endpoint and then the audience and the resource of an ID-JAG, it
sends the ID-JAG twice, and prints the answers as one line of JSON: status and body of each.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
from authlib.oauth2.drafts import IDJAGGrant
from joserfc.jwk import RSAKey

key = RSAKey.generate_key(2048, {"kid": "authlib", "use": "sig", "alg": "RS256"})


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        metadata = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        body = json.dumps({"keys": [key.as_dict(private=False)]} if self.path == "/keys" else metadata).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def id_jag(audience, resource):
    now = int(time.time())
    claims = {"resource": resource, "scope": "user", "email": "ada@staff.example"}
    rest = {"expires_at": now + 300, "claims": claims, "alg": "RS256", "header": {"kid": "authlib"}}
    return IDJAGGrant.sign(key, issuer, audience, "ada", "enterprise", **rest)


server = HTTPServer(("127.0.0.1", 0), Pages)
issuer = f"http://127.0.0.1:{server.server_port}"
Thread(target=server.serve_forever, daemon=True).start()
print(issuer, flush=True)
for line in sys.stdin:
    endpoint, audience, resource = line.split()
    form = {"grant_type": IDJAGGrant.GRANT_TYPE, "assertion": id_jag(audience, resource)}
    client = ("enterprise", "a secret that is long enough")
    answers = [httpx.post(endpoint, data=form, auth=client) for _ in range(2)]
    print(json.dumps([[answer.status_code, answer.json()] for answer in answers]), flush=True)
