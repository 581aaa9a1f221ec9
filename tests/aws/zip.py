"""Zips the debug builds of the functions, which the tests deploy, to the paths that `infra/build` uses."""

import pathlib
import subprocess
import zipfile

TARGET = pathlib.Path(__file__).parent.parent.parent / "target"

for name in ["metadata", "register", "authorize", "token", "introspect", "revoke", "account", "mcp", "gateway", "admin"]:
    place = TARGET / "lambda" / name
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["strip", "-o", place / "bootstrap", TARGET / "debug" / name], check=True)
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(place / "bootstrap.zip", "w", compresslevel=1) as packed:
        packed.writestr(entry, (place / "bootstrap").read_bytes())
