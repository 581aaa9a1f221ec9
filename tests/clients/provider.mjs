// A third-party OpenID provider (panva's oidc-provider) with its own sign-in pages. It prints its issuer, and reads the
// redirect URI of its only client from standard input. Its argument is the address at which it listens: browsers send the cookies
// of one host to all its ports.

import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Provider } from "oidc-provider";

const server = createServer();
const host = process.argv[2] ?? "127.0.0.1";
await new Promise((ready) => server.listen(0, host, ready));
const issuer = `http://${host}:${server.address().port}`;
console.log(issuer);
const [callback] = await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next().then(({ value }) => [value]);

const provider = new Provider(issuer, {
  clients: [{ client_id: "doorward", client_secret: "a secret", redirect_uris: [callback] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  cookies: { keys: ["for this test alone"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, name: id, email: `${id}@staff.example`, email_verified: id !== "mallory" }),
  }),
});
provider.on("server_error", (_, error) => console.error(error));
server.on("request", provider.callback());
console.log("ready");
