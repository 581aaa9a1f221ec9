// A third-party authorization server (panva's oidc-provider) for one MCP server, with dynamic client registration and its own
// sign-in pages.
//
//     node provider.mjs PORT ISSUER RESOURCE

import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const [port, issuer, resource] = process.argv.slice(2);
const provider = new Provider(issuer, {
  clientBasedCORS: () => true,
  scopes: ["openid", "offline_access", "user"],
  cookies: { keys: ["for this test alone"] },
  features: {
    registration: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: "user", audience: resource, accessTokenFormat: "jwt" }),
    },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  // MCP clients ask for no scope of OpenID.
  issueRefreshToken: (_, client) => client.grantTypeAllowed("refresh_token"),
});
provider.on("server_error", (_, error) => console.error(error));
createServer(provider.callback()).listen(Number(port), "127.0.0.1");
