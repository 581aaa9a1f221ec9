// Connects oauth4webapi, which checks every response against the RFCs, and makes it refresh.
//
//     node oauth4webapi.mjs MCP_URL USERNAME PASSWORD [known ID [SECRET]]

import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import { REDIRECT_URI, visit } from "./person.mjs";

const [url, username, password, , id, secret] = process.argv.slice(2);
const loopback = { [oauth.allowInsecureRequests]: true };

async function discover() {
  const resource = new URL(url);
  const found = await oauth.resourceDiscoveryRequest(resource, loopback);
  const { authorization_servers: servers } = await oauth.processResourceDiscoveryResponse(resource, found);
  const issuer = new URL(servers[0]);
  const metadata = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...loopback });
  return oauth.processDiscoveryResponse(issuer, metadata);
}

async function register(server) {
  if (id) return { client_id: id, client_secret: secret };
  const metadata = { client_name: "oauth4webapi", redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: "none" };
  const registered = await oauth.dynamicClientRegistrationRequest(server, metadata, loopback);
  return oauth.processDynamicClientRegistrationResponse(registered);
}

async function call(token) {
  const headers = new Headers({ accept: "application/json, text/event-stream", "content-type": "application/json" });
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
  const answer = await oauth.protectedResourceRequest(token, "POST", new URL(url), headers, body, loopback);
  assert.equal(answer.status, 200, "the MCP server accepts the token");
}

const server = await discover();
const client = await register(server);
const authentication = client.client_secret ? oauth.ClientSecretBasic(client.client_secret) : oauth.None();
const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
const authorization = new URL(server.authorization_endpoint);
for (const [name, value] of Object.entries({
  client_id: client.client_id,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  redirect_uri: REDIRECT_URI,
  resource: url,
  response_type: "code",
  state,
})) {
  authorization.searchParams.set(name, value);
}
const callback = oauth.validateAuthResponse(server, client, await visit(authorization, username, password), state);
const answer = await oauth.authorizationCodeGrantRequest(
  server, client, authentication, callback, REDIRECT_URI, verifier,
  { additionalParameters: { resource: url }, ...loopback },
);
const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer);
await call(tokens.access_token);
for (let token = tokens.refresh_token, time = 0; time < 2; time += 1) {
  const refreshed = await oauth.refreshTokenGrantRequest(server, client, authentication, token, loopback);
  const next = await oauth.processRefreshTokenResponse(server, client, refreshed);
  assert.notEqual(next.refresh_token, token, "a refresh returns a new refresh token");
  await call(next.access_token);
  token = next.refresh_token;
}
console.log("ok: oauth4webapi");
