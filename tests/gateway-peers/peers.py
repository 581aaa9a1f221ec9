"""The gateways that measure.py compares: how each is started, where clients call it, and with which headers."""

import base64
import json
import os
import sqlite3
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
INSTALLED = ROOT / "target/gateway-peers"
USERS = 40
SECRET = "a-secret-of-this-measurement-alone-0123456789"
PASSWORD = "Wonder-land-2026x"


class Peer:
    """A gateway in front of the upstream. `tokens` are those of its users; without any, it asks for none."""

    def __init__(self, name, port, command, path="/mcp", prefix="", environment=None, prepare=None, tokens=None):
        self.name, self.port, self.command, self.path, self.prefix = name, port, command, path, prefix
        self.environment, self.prepare, self.make_tokens = environment or {}, prepare, tokens
        self.tokens = [None]

    def start(self, home):
        self.home = home
        environment = {**os.environ, "HOME": str(home), **self.environment}
        if self.prepare:
            self.prepare(self, home, environment)
        log = (home / f"{self.name}.log").open("w")
        self.process = subprocess.Popen([str(part) for part in self.command], env=environment, cwd=home, stdout=log,
                                        stderr=log, stdin=subprocess.PIPE, start_new_session=True)

    def ready(self):
        if self.make_tokens:
            self.tokens = self.make_tokens(self)


def fetched(url, body=None, form=False, **headers):
    data = None
    if body is not None:
        data = (urllib.parse.urlencode(body) if form else json.dumps(body)).encode()
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded" if form else "application/json")
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as response:
        return json.load(response)


def doorward(name, upstream, port):
    issuer_port, clients = port + 100, []
    for number in range(USERS):
        client = f"client{number}"
        clients += ["--client", f"{client}=", "--client-secret", f"{client}={SECRET}", "--client-scope", f"{client}=user"]

    def tokens(_):
        made = []
        for number in range(USERS):
            basic = base64.b64encode(f"client{number}:{SECRET}".encode()).decode()
            form = {"grant_type": "client_credentials", "resource": f"http://127.0.0.1:{port}/mcp"}
            url = f"http://127.0.0.1:{issuer_port}/oauth/token"
            made.append(fetched(url, form, form=True, Authorization=f"Basic {basic}")["access_token"])
        return made

    command = [ROOT / "target/release/doorward", "serve", "--in-memory", "--auth-port", issuer_port, "--mcp-port", port, *upstream,
               "--connections", "2048", "--calls-per-minute", "0", *clients]
    return Peer(name, port, command, tokens=tokens)


NGINX = """
daemon off; pid nginx.pid; error_log error.log; worker_processes 1;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream mcp {{ server {authority}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://mcp; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host {authority};
      proxy_buffering off; proxy_read_timeout 1h;
    }}
  }}
}}
"""


def nginx(authority, port):
    def prepare(_, home, environment):
        (home / "nginx.conf").write_text(NGINX.format(authority=authority, port=port))

    program = INSTALLED / "nginx/usr/sbin/nginx"
    return Peer("nginx", port, [program, "-p", ".", "-c", "nginx.conf", "-e", "error.log"], prepare=prepare)


def contextforge(upstream, port):
    program = INSTALLED / "contextforge/bin"
    environment = {
        "JWT_SECRET_KEY": SECRET, "AUTH_ENCRYPTION_SECRET": SECRET[::-1], "PLATFORM_ADMIN_PASSWORD": PASSWORD,
        "BASIC_AUTH_PASSWORD": PASSWORD, "DATABASE_URL": "sqlite:///./contextforge.db", "CACHE_TYPE": "memory",
        "SSRF_ALLOW_LOCALHOST": "true", "SSRF_ALLOW_PRIVATE_NETWORKS": "true", "LOG_LEVEL": "ERROR",
        "RATE_LIMITING_ENABLED": "false",
    }

    def tokens(peer):
        command = [program / "python", "-m", "mcpgateway.utils.create_jwt_token", "--username", "admin@example.com", "--exp", "600",
                   "--secret", SECRET]
        told = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
        token = told.stdout.split()[-1]
        registered = {"name": "up", "url": upstream, "transport": "STREAMABLEHTTP"}
        fetched(f"http://127.0.0.1:{port}/gateways", registered, Authorization=f"Bearer {token}")
        return [token]

    command = [program / "mcpgateway", "mcpgateway.main:app", "--host", "127.0.0.1", "--port", port, "--log-level", "error"]
    return Peer("contextforge", port, command, path="/mcp/", prefix="up-", environment=environment, tokens=tokens)


def authmcp(upstream, port):
    program = INSTALLED / "authmcp-gateway/bin/authmcp-gateway"
    environment = {"JWT_SECRET_KEY": SECRET, "AUTH_SQLITE_PATH": "data/auth.db", "MCP_PUBLIC_URL": f"http://127.0.0.1:{port}",
                   "RATE_LIMIT_ENABLED": "false"}

    def prepare(_, home, given):
        (home / "data").mkdir()
        run = {"cwd": home, "env": given, "check": True, "capture_output": True}
        subprocess.run([program, "init-db"], **run)
        for name in ("alice", "bob"):
            subprocess.run([program, "create-admin", "--username", name, "--email", f"{name}@example.com", "--password", PASSWORD,
                            "--db-path", "data/auth.db"], **run)

    def tokens(peer):
        # The table of servers is made at the start.
        with sqlite3.connect(peer.home / "data/auth.db") as database:
            database.execute("insert into mcp_servers (name, url) values ('up', ?)", [upstream])
        url = f"http://127.0.0.1:{port}/auth/login"
        return [fetched(url, {"username": name, "password": PASSWORD})["access_token"] for name in ("alice", "bob")]

    command = [program, "start", "--host", "127.0.0.1", "--port", port, "--log-level", "ERROR"]
    return Peer("authmcp", port, command, path="/mcp/up", environment=environment, prepare=prepare, tokens=tokens)


def all_peers(upstream_port):
    authority = f"127.0.0.1:{upstream_port}"
    upstream = f"http://{authority}/mcp"
    fastmcp = [INSTALLED / "fastmcp/bin/python", HERE / "fastmcp_proxy.py", 29304, upstream]
    civic = ["node", (INSTALLED / "node_modules/@civic/passthrough-mcp-server/dist/cli.js").resolve()]
    return [
        Peer("direct", upstream_port, ["node", HERE / "upstream.mjs", upstream_port]),
        Peer("hyper", 29301, [ROOT / "target/release/examples/floor", "proxy", "127.0.0.1:29301", authority]),
        nginx(authority, 29302),
        doorward("doorward", ["--upstream", upstream], 29303),
        Peer("fastmcp", 29304, fastmcp, tokens=lambda _: ["alice-token", "bob-token"]),
        Peer("civic", 29305, civic, environment={"PORT": "29305", "TARGET_SERVER_URL": f"http://{authority}"}),
        contextforge(upstream, 29306),
        authmcp(upstream, 29307),
    ]


def all_bridges():
    """Gateways in front of a program on standard input and output."""
    program = ["node", HERE / "upstream.mjs", "stdio"]
    python = [INSTALLED / "mcp-proxy/bin/mcp-proxy", "--host", "127.0.0.1", "--port", 29312, "--log-level", "ERROR", "--"]
    node = ["node", (INSTALLED / "node_modules/mcp-proxy/dist/bin/mcp-proxy.mjs").resolve(), "--host", "127.0.0.1", "--port", 29313,
            "--server", "stream", "--"]
    return [
        doorward("doorward-stdio", ["--upstream-command", " ".join(map(str, program))], 29311),
        Peer("mcp-proxy-python", 29312, [*python, *program]),
        Peer("mcp-proxy-npm", 29313, [*node, *program]),
    ]
