// Runs the scenarios of the official conformance suite that apply to this server. The suite can neither sign in nor
// send a token. This program therefore signs in as the user, and runs a proxy that adds the token.
//
//     node conformance.mjs MCP_URL USERNAME PASSWORD

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { REDIRECT_URI, visit } from "./person.mjs";

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

async function post(endpoint, body) {
  const response = await fetch(endpoint, { method: "POST", ...body });
  const answer = await response.json();
  assert.ok(response.ok, JSON.stringify(answer));
  return answer;
}

async function register(metadata, redirectUri) {
  const body = JSON.stringify({ redirect_uris: [redirectUri] });
  const headers = { "content-type": "application/json" };
  return (await post(metadata.registration_endpoint, { headers, body })).client_id;
}

async function obtainToken(metadata) {
  const client_id = await register(metadata, REDIRECT_URI);
  // The example of RFC 7636, appendix B. It is not secret, but the token lives only as long as this test.
  const code_verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const code_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
  const asked = { response_type: "code", client_id, redirect_uri: REDIRECT_URI, code_challenge, code_challenge_method: "S256" };
  const back = await visit(`${metadata.authorization_endpoint}?${new URLSearchParams(asked)}`, username, password);
  const code = back.searchParams.get("code");
  const body = new URLSearchParams({ grant_type: "authorization_code", client_id, code, code_verifier });
  return (await post(metadata.token_endpoint, { body })).access_token;
}

/** Starts a proxy that adds the token. It replaces its own address in headers by the server's; others pass as is. */
async function addingToken(token) {
  const proxy = http.createServer((incoming, outgoing) => {
    const own = `127.0.0.1:${proxy.address().port}`;
    const headers = { ...incoming.headers, authorization: `Bearer ${token}` };
    for (const name of ["host", "origin"]) headers[name] &&= headers[name].replace(own, server.host);
    const { method, url: path } = incoming;
    const request = http.request({ host: server.hostname, port: server.port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    request.on("error", () => outgoing.destroy());
    incoming.pipe(request);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return proxy;
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

const resource = await (await fetch(new URL("/.well-known/oauth-protected-resource", url))).json();
const [issuer] = resource.authorization_servers;
const metadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json();
await authorization(issuer, metadata);
const proxy = await addingToken(await obtainToken(metadata));
const proxied = `http://127.0.0.1:${proxy.address().port}${server.pathname}`;
for (const [version, scenarios] of Object.entries(SCENARIOS)) {
  for (const scenario of scenarios) {
    const args = ["server", "--url", proxied, "--scenario", scenario, "--spec-version", version];
    check(`${version} ${scenario}`, await suite(args));
  }
}
proxy.close();
console.log("ok: conformance");
