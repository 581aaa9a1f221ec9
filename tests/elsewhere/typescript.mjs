// The TypeScript client gets an ID-JAG from the provider with the ID token of its user, exchanges it for an access token, and
// calls a tool: both legs of the MCP extension for enterprise-managed authorization. It prints the access token.
//
//     node typescript.mjs MCP_URL ISSUER PROVIDER ID_TOKEN

import assert from "node:assert/strict";
import { Client, CrossAppAccessProvider, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { discoverAndRequestJwtAuthGrant } from "@modelcontextprotocol/client";

const [url, expectedIssuer, idpUrl, idToken] = process.argv.slice(2);
const asked = [];

const authProvider = new CrossAppAccessProvider({
  assertion: async ({ authorizationServerUrl: audience, resourceUrl: resource, scope, fetchFn }) => {
    const other = { clientId: "desktop", clientSecret: "another secret", scope, fetchFn };
    const { jwtAuthGrant } = await discoverAndRequestJwtAuthGrant({ idpUrl, audience, resource, idToken, ...other });
    asked.push({ audience, resource, scope });
    return jwtAuthGrant;
  },
  clientId: "enterprise",
  clientSecret: "a secret that is long enough",
  expectedIssuer,
});

async function call() {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider }));
  const told = await client.callTool({ name: "get_user_data", arguments: {} });
  assert.ok(!told.isError, JSON.stringify(told));
  await client.close();
}

await call();
const first = authProvider.tokens();
assert.equal(first.refresh_token, undefined, "there is no refresh token");
assert.deepEqual(asked.map(({ resource }) => resource), [url], "one ID-JAG was asked for, for the MCP server");
// A token that the server does not take makes the client come with another ID-JAG.
authProvider.saveTokens({ ...first, access_token: `${first.access_token}x` });
await call();
assert.equal(asked.length, 2, "another ID-JAG was asked for");
assert.notEqual(authProvider.tokens().access_token, first.access_token);
console.log(authProvider.tokens().access_token);
