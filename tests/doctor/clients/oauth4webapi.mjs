// Connects oauth4webapi, which checks every response against the RFCs, and makes it refresh if it has a refresh token. The library
// does not know MCP: this program follows the challenge, and insists on 401.
//
//     node oauth4webapi.mjs MCP_URL PERSON

import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import { call, challenged } from "./generic.mjs";
import { REDIRECT_URI, url, visit } from "./person.mjs";

const loopback = { [oauth.allowInsecureRequests]: true };
const { status, document } = await challenged();
assert.equal(status, 401, "the request without a token is refused");
const resource = await oauth.processResourceDiscoveryResponse(new URL(url), await fetch(document));
const issuer = new URL(resource.authorization_servers[0]);
const found = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...loopback });
const server = await oauth.processDiscoveryResponse(issuer, found);
assert.ok(server.code_challenge_methods_supported?.includes("S256"), "the server says that it supports S256");

const metadata = { client_name: "oauth4webapi", redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: "none" };
metadata.grant_types = ["authorization_code", "refresh_token"];
const registered = await oauth.dynamicClientRegistrationRequest(server, metadata, loopback);
const client = await oauth.processDynamicClientRegistrationResponse(registered);
const authentication = oauth.None();
const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
const authorization = new URL(server.authorization_endpoint);
const asked = {
  client_id: client.client_id,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  redirect_uri: REDIRECT_URI,
  resource: url,
  response_type: "code",
  scope: "user",
  state,
};
for (const [name, value] of Object.entries(asked)) authorization.searchParams.set(name, value);
const callback = oauth.validateAuthResponse(server, client, await visit(authorization), state);
const more = { additionalParameters: { resource: url }, ...loopback };
const answer = await oauth.authorizationCodeGrantRequest(server, client, authentication, callback, REDIRECT_URI, verifier, more);
const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer);
await call(tokens.access_token);
if (tokens.refresh_token) {
  const refreshed = await oauth.refreshTokenGrantRequest(server, client, authentication, tokens.refresh_token, more);
  await call((await oauth.processRefreshTokenResponse(server, client, refreshed)).access_token);
}
console.log("ok");
