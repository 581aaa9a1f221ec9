// Connects openid-client, and makes it refresh if it has a refresh token. The library does not know MCP: this program follows the
// challenge.
//
//     node openid_client.mjs MCP_URL PERSON

import assert from "node:assert/strict";
import * as oauth from "openid-client";
import { call, challenged } from "./generic.mjs";
import { REDIRECT_URI, url, visit } from "./person.mjs";

const { document } = await challenged();
const answer = await fetch(document);
assert.ok(answer.ok, "there is protected resource metadata");
const resource = await answer.json();
assert.equal(resource.resource, url, "the resource is the URL");
const metadata = { client_name: "openid-client", redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: "none" };
metadata.grant_types = ["authorization_code", "refresh_token"];
const options = { execute: [oauth.allowInsecureRequests], algorithm: "oauth2" };
const issuer = new URL(resource.authorization_servers[0]);
const config = await oauth.dynamicClientRegistration(issuer, metadata, oauth.None(), options);
assert.ok(config.serverMetadata().supportsPKCE(), "the server says that it supports S256");

const [verifier, state] = [oauth.randomPKCECodeVerifier(), oauth.randomState()];
const authorization = oauth.buildAuthorizationUrl(config, {
  redirect_uri: REDIRECT_URI,
  resource: url,
  scope: "user",
  state,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
});
const checks = { pkceCodeVerifier: verifier, expectedState: state };
const tokens = await oauth.authorizationCodeGrant(config, await visit(authorization), checks, { resource: url });
await call(tokens.access_token);
if (tokens.refresh_token) {
  await call((await oauth.refreshTokenGrant(config, tokens.refresh_token, { resource: url })).access_token);
}
console.log("ok");
