// openid-client signs a user in at the provider of provider.mjs, as the MCP client `desktop`, and prints the ID token.
//
//     node desktop.mjs ISSUER USERNAME

import * as oauth from "openid-client";
import { REDIRECT_URI, visit } from "../scripts/person.mjs";

const [issuer, username] = process.argv.slice(2);
const secret = oauth.ClientSecretPost("another secret");
const config = await oauth.discovery(new URL(issuer), "desktop", { id_token_signed_response_alg: "ES256" }, secret, {
  execute: [oauth.allowInsecureRequests],
});
const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
const [expectedState, expectedNonce] = [oauth.randomState(), oauth.randomNonce()];
const page = oauth.buildAuthorizationUrl(config, {
  redirect_uri: REDIRECT_URI,
  scope: "openid",
  code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: "S256",
  state: expectedState,
  nonce: expectedNonce,
});
const callback = await visit(page, username, "any");
const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
const tokens = await oauth.authorizationCodeGrant(config, callback, checks);
console.log(tokens.id_token);
