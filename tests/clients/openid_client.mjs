// Connects openid-client as a public client, with a secret in the header or the body, and by a document with assertions
// signed by each kind of key. Each client refreshes and revokes.
//
//     node openid_client.mjs MCP_URL USERNAME PASSWORD

import assert from "node:assert/strict";
import { createServer } from "node:http";
import * as oauth from "openid-client";
import { REDIRECT_URI, visit } from "./person.mjs";

const [url, username, password] = process.argv.slice(2);

function check(what, holds, seen) {
  assert.ok(holds, `not so: ${what}, but ${JSON.stringify(seen)}`);
  console.log(what);
}

async function listTools(accessToken) {
  const headers = {
    authorization: `Bearer ${accessToken}`,
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
  };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
  return (await fetch(url, { method: "POST", headers, body })).status;
}

const loopback = { execute: [oauth.allowInsecureRequests], algorithm: "oauth2" };

async function register(issuer, method) {
  const metadata = {
    client_name: "openid-client",
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: method,
  };
  const authentication = { none: oauth.None(), client_secret_basic: undefined, client_secret_post: undefined }[method];
  const config = await oauth.dynamicClientRegistration(new URL(issuer), metadata, authentication, loopback);
  check(`registered with ${method}`, config.clientMetadata().token_endpoint_auth_method === method, method);
  return config;
}

/** Publishes a client document that refers to a key of this kind, which is published at a second URL. */
async function publish(issuer, algorithm, parameters) {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(parameters, true, ["sign", "verify"]);
  const jwk = { ...(await crypto.subtle.exportKey("jwk", publicKey)), kid: algorithm, alg: undefined, key_ops: undefined };
  const pages = {};
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify(pages[request.url]));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const base = `http://127.0.0.1:${server.address().port}`;
  pages["/keys.json"] = { keys: [jwk] };
  pages["/client.json"] = {
    client_id: `${base}/client.json`,
    client_name: "openid-client",
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: "private_key_jwt",
    jwks_uri: `${base}/keys.json`,
  };
  server.unref();
  const authentication = oauth.PrivateKeyJwt({ key: privateKey, kid: algorithm });
  return oauth.discovery(new URL(issuer), pages["/client.json"].client_id, undefined, authentication, loopback);
}

async function connect(config) {
  const verifier = oauth.randomPKCECodeVerifier();
  const state = oauth.randomState();
  const authorization = oauth.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    resource: url,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const callback = await visit(authorization, username, password);
  const checks = { pkceCodeVerifier: verifier, expectedState: state };
  const tokens = await oauth.authorizationCodeGrant(config, callback, checks, { resource: url });
  check("the MCP server accepts the token", (await listTools(tokens.access_token)) === 200, tokens.scope);

  const refreshed = await oauth.refreshTokenGrant(config, tokens.refresh_token);
  check("a refresh returns a new refresh token", refreshed.refresh_token !== tokens.refresh_token, refreshed.scope);
  check("the MCP server accepts the new token", (await listTools(refreshed.access_token)) === 200, refreshed.scope);

  await oauth.tokenRevocation(config, refreshed.refresh_token);
  const dead = await oauth.refreshTokenGrant(config, refreshed.refresh_token).catch((error) => error);
  check("a revoked grant is invalid_grant", dead.error === "invalid_grant", dead.error);
}

const metadata = await fetch(new URL("/.well-known/oauth-protected-resource", url));
const [issuer] = (await metadata.json()).authorization_servers;
for (const method of ["none", "client_secret_basic", "client_secret_post"]) await connect(await register(issuer, method));

const rsa = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
for (const [algorithm, parameters] of [
  ["RS256", { name: "RSASSA-PKCS1-v1_5", ...rsa }],
  ["PS256", { name: "RSA-PSS", ...rsa }],
  ["ES256", { name: "ECDSA", namedCurve: "P-256" }],
  ["Ed25519", { name: "Ed25519" }],
]) {
  await connect(await publish(issuer, algorithm, parameters));
  console.log(`signed with ${algorithm}`);
}
console.log("ok: openid-client");
