// A third-party OpenID provider (panva's oidc-provider) that issues ID-JAGs too: RFC 8693 with the requested token type of
// draft-ietf-oauth-identity-assertion-authz-grant, registered as a grant type and signed with the keys of the provider.
//
//     node provider.mjs
//
// It prints its issuer, reads the redirect URI of its client `doorward` from standard input, and prints `ready`. It has three
// clients: `doorward` signs users in, `desktop` is an MCP client that asks for ID-JAGs, and `job` is a workload without a user.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import { errors, Provider } from "oidc-provider";

const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_JAG = "urn:ietf:params:oauth:token-type:id-jag";
const ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token";
const PARAMETERS = ["requested_token_type", "subject_token", "subject_token_type", "audience", "resource", "scope"];
const MINUTES = 5;
/** The client ids at the MCP server's authorization server, by the ids here. */
const KNOWN_THERE = { desktop: "enterprise" };

const server = createServer();
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const issuer = `http://127.0.0.1:${server.address().port}`;
console.log(issuer);
const [callback] = await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next().then(({ value }) => [value]);

const { privateKey } = await generateKeyPair("ES256", { extractable: true });
const key = { ...(await exportJWK(privateKey)), alg: "ES256", use: "sig", kid: "provider-1" };
const signs = { id_token_signed_response_alg: "ES256", require_auth_time: true };
/** The address of the user `guest` is not verified. */
const verified = (id) => (id === "guest" ? {} : { email_verified: true });
const account = (id) => ({ sub: id, name: id, email: `${id}@staff.example`, ...verified(id), groups: ["mcp"] });

const provider = new Provider(issuer, {
  jwks: { keys: [key] },
  clients: [
    { client_id: "doorward", client_secret: "a secret", redirect_uris: [callback], ...signs },
    {
      client_id: "desktop",
      client_secret: "another secret",
      redirect_uris: ["http://127.0.0.1:33418/callback"],
      token_endpoint_auth_method: "client_secret_post",
      grant_types: ["authorization_code", EXCHANGE],
      ...signs,
    },
    {
      client_id: "job",
      client_secret: "a third secret",
      token_endpoint_auth_method: "client_secret_post",
      redirect_uris: [],
      response_types: [],
      grant_types: ["client_credentials"],
      ...signs,
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
  cookies: { keys: ["for this test alone"] },
  features: {
    clientCredentials: { enabled: true },
    // The token of a workload: a JWT for the server that it names, with `sub` and `client_id` of the client.
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_, audience) => ({
        scope: "",
        audience,
        accessTokenTTL: 60 * MINUTES,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => account(id) }),
});

/** Exchanges an ID token of the same client for an ID-JAG. No policy judges `scope` and `resource`. */
async function exchange(ctx) {
  const { client, params } = ctx.oidc;
  const isKnown = params.requested_token_type === ID_JAG && params.subject_token_type === ID_TOKEN;
  if (!isKnown) throw new errors.InvalidRequest("unknown token type");
  const { payload } = await provider.IdToken.validate(params.subject_token, client).catch((error) => {
    throw new errors.InvalidGrant("the subject token is not valid", error.message);
  });
  const now = Math.floor(Date.now() / 1000);
  if (payload.exp <= now) throw new errors.InvalidGrant("the subject token has expired");
  const { email } = account(payload.sub);
  const { audience: aud, resource, scope } = params;
  const { sub, auth_time } = payload;
  const claims = { iss: issuer, sub, aud, client_id: KNOWN_THERE[client.clientId], resource, scope, email, auth_time };
  ctx.body = {
    issued_token_type: ID_JAG,
    access_token: await new SignJWT({ ...claims, jti: randomUUID(), iat: now, exp: now + 60 * MINUTES })
      .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: "oauth-id-jag+jwt" })
      .sign(await importJWK(key, key.alg)),
    token_type: "N_A",
    expires_in: 60 * MINUTES,
    scope,
  };
}

provider.registerGrantType(EXCHANGE, exchange, PARAMETERS);
provider.on("server_error", (_, error) => console.error(error));
server.on("request", provider.callback());
console.log("ready");
