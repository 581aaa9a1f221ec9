// Runs all server scenarios of the official conformance suite against a server, and prints each check as JSON:
// [scenario, check, status]. With a username, the server is behind a gateway: a proxy signs in and adds the token.
//
//     node conformance.mjs SUITE SPEC_VERSION URL [USERNAME PASSWORD]

import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { addingToken, discovered, obtainToken } from "../clients/bearer.mjs";

const [suite, version, url, username, password] = process.argv.slice(2);

async function behindProxy() {
  const { metadata } = await discovered(url);
  const proxy = await addingToken(new URL(url), await obtainToken(metadata, username, password));
  return `http://127.0.0.1:${proxy.address().port}${new URL(url).pathname}`;
}

function run(called, directory) {
  const program = fileURLToPath(new URL(`../node_modules/${suite}/dist/index.js`, import.meta.url));
  const args = ["server", "--url", called, "--suite", "all", "--spec-version", version, "--output-dir", directory];
  const child = spawn(process.execPath, [program, ...args], { stdio: "ignore" });
  return new Promise((resolve) => child.on("close", resolve));
}

/** The suite writes a folder for each scenario: server-NAME-TIME/checks.json. */
function checks(directory) {
  return readdirSync(directory).flatMap((folder) => {
    const scenario = folder.replace(/^server-/, "").replace(/-\d{4}-\d\d-\d\dT.*$/, "");
    const found = JSON.parse(readFileSync(join(directory, folder, "checks.json"), "utf8"));
    return found.map(({ id, status }) => [scenario, id, status]);
  });
}

const directory = mkdtempSync(join(tmpdir(), "doorward-conformance-"));
await run(username ? await behindProxy() : url, directory);
const found = JSON.stringify(checks(directory));
rmSync(directory, { recursive: true, maxRetries: 20 });
// The proxy, and streams that are still open, would keep the process running.
process.stdout.write(found, () => process.exit());
