// Has openid-client sign a user in as an OpenID client: it needs the ID token, and reads UserInfo.
//
//     node userinfo_openid_client.mjs MCP_URL USERNAME PASSWORD

import assert from "node:assert/strict";
import * as oauth from "openid-client";
import { REDIRECT_URI, visit } from "./person.mjs";

const [url, username, password] = process.argv.slice(2);

async function connect(issuer, algorithm, method) {
  const metadata = { client_name: "openid-client", redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: method };
  const authentication = method === "none" ? oauth.None() : undefined;
  const options = { execute: [oauth.allowInsecureRequests, oauth.enableNonRepudiationChecks], algorithm };
  const config = await oauth.dynamicClientRegistration(issuer, metadata, authentication, options);
  const [verifier, state, nonce] = [oauth.randomPKCECodeVerifier(), oauth.randomState(), oauth.randomNonce()];
  const authorization = oauth.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    resource: url,
    scope: "openid email profile",
    state,
    nonce,
    max_age: "600",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const callback = await visit(authorization, username, password);
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, maxAge: 600, idTokenExpected: true };
  const tokens = await oauth.authorizationCodeGrant(config, callback, checks, { resource: url });
  const claims = tokens.claims();
  assert.equal(claims.sub, username);
  const user = await oauth.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.deepEqual(user, { sub: username, email: "alice@acme.example", email_verified: true, name: username });
  await assert.rejects(oauth.fetchUserInfo(config, tokens.id_token, claims.sub), oauth.WWWAuthenticateChallengeError);
  await assert.rejects(oauth.fetchUserInfo(config, tokens.access_token, "bob"), /unexpected/, "of another user");
  console.log(`signed in with ${algorithm} and ${method}`);
}

const metadata = await fetch(new URL("/.well-known/oauth-protected-resource", url));
const issuer = new URL((await metadata.json()).authorization_servers[0]);
for (const algorithm of ["oidc", "oauth2"]) {
  for (const method of ["none", "client_secret_basic"]) await connect(issuer, algorithm, method);
}
console.log("ok: openid-client");
