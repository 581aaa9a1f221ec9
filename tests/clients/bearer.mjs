// An access token, and a proxy that adds it, for clients that can neither sign in nor send a token.

import assert from "node:assert/strict";
import http from "node:http";
import { REDIRECT_URI, visit } from "./person.mjs";

/** The issuer of an MCP server, and the issuer's metadata. */
export async function discovered(url) {
  const { origin, pathname } = new URL(url);
  const resource = await (await fetch(`${origin}/.well-known/oauth-protected-resource${pathname}`)).json();
  const [issuer] = resource.authorization_servers;
  return { issuer, metadata: await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json() };
}

async function post(endpoint, body) {
  const response = await fetch(endpoint, { method: "POST", ...body });
  const answer = await response.json();
  assert.ok(response.ok, JSON.stringify(answer));
  return answer;
}

/** Registers a client and returns its id. */
export async function register(metadata, redirectUri) {
  const body = JSON.stringify({ redirect_uris: [redirectUri] });
  const headers = { "content-type": "application/json" };
  return (await post(metadata.registration_endpoint, { headers, body })).client_id;
}

/** Registers a client, signs in and returns the access token. */
export async function obtainToken(metadata, username, password) {
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

/**
 * Starts a proxy that adds the token. It replaces its own address in headers by the server's; others pass as is. Bodies
 * stream both ways, the head of an answer passes before its body, and the end of either side ends the other.
 */
export async function addingToken(server, token) {
  const proxy = http.createServer((incoming, outgoing) => {
    const own = `127.0.0.1:${proxy.address().port}`;
    const headers = { ...incoming.headers, authorization: `Bearer ${token}` };
    for (const name of ["host", "origin"]) headers[name] &&= headers[name].replace(own, server.host);
    const { method, url: path } = incoming;
    const request = http.request({ host: server.hostname, port: server.port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.statusMessage, answer.rawHeaders).flushHeaders();
      answer.pipe(outgoing);
      answer.on("error", () => outgoing.destroy());
    });
    request.on("error", () => outgoing.destroy());
    outgoing.on("close", () => outgoing.writableFinished || request.destroy());
    incoming.pipe(request);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return proxy;
}
