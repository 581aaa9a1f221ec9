#!/usr/bin/env python3
"""Which checks of the official conformance suite end otherwise through a gateway than without it: see README.md."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import stop, wait
from peers import ROOT, Peer, all_peers

PORT = 29400
NODE = ROOT / "target/clients/node/node_modules/node/bin/node"
SCRIPT = ROOT / "target/upstreams/scripts/conformance.mjs"
# Gateways that need no token, or work without one.
NAMES = ["hyper", "nginx", "fastmcp", "civic"]


def checks(peer):
    url = f"http://127.0.0.1:{peer.port}{peer.path}"
    command = [NODE, "--preserve-symlinks", "--preserve-symlinks-main", SCRIPT, "conformance-0.1", "2025-11-25", url]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return sorted(map(tuple, json.loads(told.stdout)))


def passed(found):
    return sum(status == "SUCCESS" for _, _, status in found)


def main(names):
    server = [ROOT / "target/clients/mcp-2.3/bin/python", ROOT / "tests/upstreams/conformance_server.py", PORT]
    peers = [Peer("direct", PORT, server), *(peer for peer in all_peers(PORT) if peer.name in names)]
    with tempfile.TemporaryDirectory() as place:
        try:
            for peer in peers:
                home = Path(place) / peer.name
                home.mkdir()
                if peer.name == "fastmcp":
                    peer.command.append("open")
                peer.start(home)
                wait(peer)
                found = checks(peer)
                if peer.name == "direct":
                    direct = found
                missing = [check for check in direct if check not in found]
                print(f"{peer.name}: {passed(found)} checks pass; {len(missing)} end otherwise than without it", flush=True)
                for check in missing:
                    print("   ", *check)
        finally:
            for peer in peers:
                stop(peer)


if __name__ == "__main__":
    main(sys.argv[1:] or NAMES)
