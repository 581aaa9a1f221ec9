// Runs the scenarios of the official conformance suite that apply to this server. The suite can neither sign in nor
// send a token. This program therefore signs in as the user, and runs a proxy that adds the token.
//
//     node conformance.mjs MCP_URL USERNAME PASSWORD

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { addingToken, discovered, obtainToken, register } from "./bearer.mjs";
import { visit } from "./person.mjs";

const [url, username, password] = process.argv.slice(2);
const server = new URL(url);

const SCENARIOS = {
  "2026-07-28": [
    "tools-list",
    "resources-list",
    "prompts-list",
    "caching",
    "sep-2164-resource-not-found",
    "dns-rebinding-protection",
    "http-header-validation",
    "server-sse-multiple-streams",
  ],
  "2025-11-25": ["server-initialize", "ping", "tools-list", "resources-list", "dns-rebinding-protection"],
};

/** Runs the suite and returns its exit code and output. Calls `watch` with the output so far after each chunk. */
function suite(args, watch = () => {}) {
  const program = fileURLToPath(new URL("../node_modules/.bin/conformance", import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
    watch(said);
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, said })));
}

/** Checks the summary, `N passed, N failed` or `Passed: N/M, N failed`: no failure, at least one pass, no warning. */
function check(what, { code, said }) {
  const [, passed, failed] = said.match(/(?:Passed: |Total: )(\d+)\D+?(?:\d+, )?(\d+) failed/) ?? [];
  const warned = /[1-9]\d* warning/.test(said);
  assert.ok(code === 0 && Number(passed) > 0 && failed === "0" && !warned, `${what}:\n${said}`);
  console.log(`${what}: ${passed} passed`);
}

async function freePort() {
  const listener = http.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => listener.on("listening", resolve));
  const { port } = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

async function authorization(issuer, metadata) {
  const port = await freePort();
  const callback = `http://127.0.0.1:${port}/callback`;
  const clientId = await register(metadata, callback);
  let visited = false;
  const answer = await suite(["authorization", "--url", issuer, "--client-id", clientId, "-p", `${port}`], (said) => {
    const page = said.match(/http:\S+code_challenge\S+(?=\s)/)?.[0];
    if (!page || visited) return;
    visited = true;
    visit(page, username, password, callback).then(fetch).catch((error) => console.error(error));
  });
  assert.ok(visited, answer.said);
  check("authorization server", answer);
}

const { issuer, metadata } = await discovered(url);
await authorization(issuer, metadata);
const proxy = await addingToken(server, await obtainToken(metadata, username, password));
const proxied = `http://127.0.0.1:${proxy.address().port}${server.pathname}`;
for (const [version, scenarios] of Object.entries(SCENARIOS)) {
  for (const scenario of scenarios) {
    const args = ["server", "--url", proxied, "--scenario", scenario, "--spec-version", version];
    check(`${version} ${scenario}`, await suite(args));
  }
}
proxy.close();
console.log("ok: conformance");
