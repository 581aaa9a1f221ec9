"""An OpenID provider that has metadata only, over https on port 443, and a DNS server that knows it, on port 53 of 127.0.0.2.

    python provider.py NAME CERTIFICATE KEY ASKED

NAME has the address 127.0.0.1. The file ASKED is made at the first question for NAME.
"""

import json
import socket
import ssl
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

A, IN = 1, 1


def answer(question, name):
    """RFC 1035 §4.1: the head, the question as it was asked, and one address if it was for one."""
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    kind, _ = struct.unpack("!HH", question[at + 1 : at + 5])
    known = ".".join(labels).lower() == name
    addresses = 1 if known and kind == A else 0
    flags = 0x8180 if known else 0x8183
    head = question[:2] + struct.pack("!HHHHH", flags, 1, addresses, 0, 0)
    record = struct.pack("!HHHIH4s", 0xC00C, A, IN, 60, 4, socket.inet_aton("127.0.0.1"))
    return known, head + question[12 : at + 5] + record * addresses


def serve_names(name, asked):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # Without a configuration, resolvers ask 127.0.0.1.
    server.bind(("127.0.0.2", 53))
    while True:
        question, sender = server.recvfrom(512)
        known, response = answer(question, name)
        if known:
            asked.touch()
        server.sendto(response, sender)


class Metadata(BaseHTTPRequestHandler):
    issuer = ""

    def do_GET(self):
        body = json.dumps(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main(name, certificate, key, asked):
    Metadata.issuer = f"https://{name}"
    threading.Thread(target=serve_names, args=(name, Path(asked)), daemon=True).start()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = HTTPServer(("127.0.0.1", 443), Metadata)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
