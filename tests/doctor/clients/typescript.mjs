// Connects the official TypeScript client, version 1.x or 2.x, and ends its access token. It refreshes, or asks its user
// again if it has no refresh token.
//
//     node typescript.mjs MCP_URL PERSON 1|2

import assert from "node:assert/strict";
import { REDIRECT_URI, more, url, visit } from "./person.mjs";

async function library() {
  if (more[0] === "2") return import("@modelcontextprotocol/client");
  return {
    ...(await import("@modelcontextprotocol/sdk/client/auth.js")),
    ...(await import("@modelcontextprotocol/sdk/client/index.js")),
    ...(await import("@modelcontextprotocol/sdk/client/streamableHttp.js")),
  };
}

const { Client, StreamableHTTPClientTransport, UnauthorizedError } = await library();
const memory = {
  visits: 0,
  redirectUrl: REDIRECT_URI,
  clientMetadata: { client_name: "TypeScript MCP client", redirect_uris: [REDIRECT_URI] },
  state: () => "some state",
  clientInformation: () => memory.information,
  saveClientInformation: (information) => void (memory.information = information),
  tokens: () => memory.saved,
  saveTokens: (tokens) => void (memory.saved = tokens),
  codeVerifier: () => memory.verifier,
  saveCodeVerifier: (verifier) => void (memory.verifier = verifier),
  discoveryState: () => memory.discovered,
  saveDiscoveryState: (discovered) => void (memory.discovered = discovered),
  redirectToAuthorization: async (authorization) => {
    memory.visits += 1;
    memory.callback = await visit(authorization);
  },
};

async function use() {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider: memory }));
  await client.callTool({ name: "hello", arguments: {} });
  await client.close();
}

const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: memory });
await assert.rejects(new Client({ name: "test", version: "1" }).connect(transport), UnauthorizedError);
const answer = memory.callback.searchParams;
await transport.finishAuth(more[0] === "2" ? answer : answer.get("code"));
await use();
const ended = `${memory.saved.access_token}x`;
memory.saved = { ...memory.saved, access_token: ended };
if (memory.saved.refresh_token) {
  await use();
  assert.notEqual(memory.saved.access_token, ended, "the client refreshes");
  assert.equal(memory.visits, 1, "the user is asked once");
} else {
  await assert.rejects(use(), UnauthorizedError);
  assert.equal(memory.visits, 2, "the user is asked again");
}
console.log("ok");
process.exit();
