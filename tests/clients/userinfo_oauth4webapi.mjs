// Has oauth4webapi validate the ID token, its signature included, and read UserInfo. It reads the metadata at the places of both
// specifications.
//
//     node userinfo_oauth4webapi.mjs MCP_URL USERNAME PASSWORD

import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import { REDIRECT_URI, visit } from "./person.mjs";

const [url, username, password] = process.argv.slice(2);
const loopback = { [oauth.allowInsecureRequests]: true };

async function issuer() {
  const resource = new URL(url);
  const found = await oauth.resourceDiscoveryRequest(resource, loopback);
  const document = await oauth.processResourceDiscoveryResponse(resource, found);
  assert.deepEqual(document.scopes_supported, ["user"], "the MCP server offers no scope about the user");
  return new URL(document.authorization_servers[0]);
}

async function connect(place, algorithm) {
  const found = await oauth.discoveryRequest(place, { algorithm, ...loopback });
  const server = await oauth.processDiscoveryResponse(place, found);
  for (const scope of ["openid", "email", "profile"]) assert.ok(server.scopes_supported.includes(scope), scope);
  const metadata = { client_name: "oauth4webapi", redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: "none" };
  const registration = await oauth.dynamicClientRegistrationRequest(server, metadata, loopback);
  const client = await oauth.processDynamicClientRegistrationResponse(registration);

  const [verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()];
  const authorization = new URL(server.authorization_endpoint);
  for (const [name, value] of Object.entries({
    client_id: client.client_id,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    max_age: "600",
    nonce,
    redirect_uri: REDIRECT_URI,
    resource: url,
    response_type: "code",
    scope: "openid email profile",
    state,
  })) {
    authorization.searchParams.set(name, value);
  }
  const callback = oauth.validateAuthResponse(server, client, await visit(authorization, username, password), state);
  const answer = await oauth.authorizationCodeGrantRequest(
    server, client, oauth.None(), callback, REDIRECT_URI, verifier, { additionalParameters: { resource: url }, ...loopback },
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
    expectedNonce: nonce,
    maxAge: 600,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, answer, loopback);
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  assert.equal(tokens.scope, "email openid profile user", "and the scope of the MCP server");

  const read = await oauth.userInfoRequest(server, client, tokens.access_token, loopback);
  const user = await oauth.processUserInfoResponse(server, client, claims.sub, read);
  assert.deepEqual(user, { sub: username, email: "alice@acme.example", email_verified: true, name: username });

  const headers = new Headers({ accept: "application/json, text/event-stream", "content-type": "application/json" });
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
  for (const [token, status] of [[tokens.access_token, 200], [tokens.id_token, 401]]) {
    const called = await oauth.protectedResourceRequest(token, "POST", new URL(url), headers, body, loopback).catch((error) => {
      // A challenge is an error of this library.
      assert.ok(error instanceof oauth.WWWAuthenticateChallengeError, error);
      return error.response;
    });
    assert.equal(called.status, status, "an ID token is no access token");
  }
  const refreshed = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token, loopback);
  const next = await oauth.processRefreshTokenResponse(server, client, refreshed);
  const again = await oauth.userInfoRequest(server, client, next.access_token, loopback);
  assert.equal((await oauth.processUserInfoResponse(server, client, username, again)).email, "alice@acme.example");
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, client, oauth.None(), next.refresh_token, loopback),
  );
  const closed = await oauth.userInfoRequest(server, client, next.access_token, loopback);
  await assert.rejects(oauth.processUserInfoResponse(server, client, username, closed), (error) => {
    assert.ok(error instanceof oauth.WWWAuthenticateChallengeError, error);
    return error.cause[0].parameters.error === "invalid_token";
  });
  console.log(`read the metadata of ${algorithm}`);
}

const place = await issuer();
for (const algorithm of ["oauth2", "oidc"]) await connect(place, algorithm);
console.log("ok: oauth4webapi");
