// Connects the official TypeScript client, version 1.x or 2.x, to an MCP server, and makes it refresh. OAuth is done by
// the client library. With `dropped`, the response to the first refresh is lost.
//
//     node mcp_client.mjs MCP_URL USERNAME PASSWORD [document URL | known ID [SECRET] | dropped]
//     node mcp_sdk.mjs    the same

import assert from "node:assert/strict";
import { REDIRECT_URI, visit } from "./person.mjs";

const [url, username, password, way, id, secret] = process.argv.slice(2);

/** The OAuth state that an application stores for the client library, in memory. */
class Memory {
  visits = 0;
  redirectUrl = REDIRECT_URI;
  clientMetadata = { client_name: "TypeScript MCP client", redirect_uris: [REDIRECT_URI] };
  clientMetadataUrl = way === "document" ? id : undefined;
  information = way === "known" ? { client_id: id, client_secret: secret } : undefined;
  state = () => "some state";
  clientInformation = () => this.information;
  saveClientInformation = (information) => void (this.information = information);
  tokens = () => this.saved;
  saveTokens = (tokens) => void (this.saved = tokens);
  codeVerifier = () => this.verifier;
  discoveryState = () => this.discovered;
  saveDiscoveryState = (discovered) => void (this.discovered = discovered);
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  redirectToAuthorization = async (authorization) => {
    this.visits += 1;
    if (!this.saved) this.callback = await visit(authorization, username, password);
  };
}

function check(what, holds, seen) {
  assert.ok(holds, `not so: ${what}, but ${JSON.stringify(seen)}`);
  console.log(what);
}

async function connected({ Client, StreamableHTTPClientTransport }, authProvider) {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider }));
  return client;
}

async function use(library, memory) {
  const client = await connected(library, memory);
  const { tools } = await client.listTools();
  check("get_user_data is a tool", tools.some((tool) => tool.name === "get_user_data"), tools);
  const { resources } = await client.listResources();
  check("the profile is a resource", resources.some((one) => one.uri === "user://profile"), resources);
  const own = await client.callTool({ name: "get_user_data", arguments: {} });
  check("get_user_data names the user", !own.isError && own.content[0].text.includes(username), own);
  const other = await client.callTool({ name: "get_user_data", arguments: { user_id: "somebody-else" } });
  check("get_user_data of another user is refused", other.isError, other);
  await client.close();
}

/** Makes the access token invalid, so that the client must refresh. */
function end(memory) {
  const before = memory.saved;
  memory.saved = { ...before, access_token: `${before.access_token}x` };
  return before;
}

async function refresh(library, memory) {
  for (const time of ["first", "second"]) {
    const before = end(memory);
    await use(library, memory);
    check(`the client refreshed by itself, the ${time} time`, memory.saved.refresh_token !== before.refresh_token, time);
    check("the user was not asked again", memory.visits === 1, memory.visits);
  }
}

/** After a lost response, the client library asks the user to sign in. A second try refreshes without the user. */
async function loseAnAnswer(library, memory) {
  const before = end(memory);
  await assert.rejects(use(library, memory), library.UnauthorizedError);
  check("the client asked the user, who did not sign in", memory.visits === 2, memory.visits);
  check("the client kept its refresh token", memory.saved.refresh_token === before.refresh_token, memory.saved);
  await use(library, memory);
  check("the client refreshed with its old token", memory.saved.refresh_token !== before.refresh_token, before);
  check("the user was not asked again", memory.visits === 2, memory.visits);
}

/** Runs all steps with a library; `answer` turns the callback's parameters into what `finishAuth` expects. */
export async function run(name, library, answer) {
  const { Client, StreamableHTTPClientTransport, UnauthorizedError } = library;
  const memory = new Memory();
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: memory });
  const first = new Client({ name: "test", version: "1" });
  await assert.rejects(first.connect(transport), UnauthorizedError);
  check("the user was asked once", memory.visits === 1, memory.visits);
  check("the state is repeated", memory.callback.searchParams.get("state") === "some state", memory.callback.href);
  await transport.finishAuth(answer(memory.callback.searchParams));
  check("there is a refresh token", memory.saved.refresh_token, Object.keys(memory.saved));
  await use(library, memory);

  await (way === "dropped" ? loseAnAnswer : refresh)(library, memory);
  check("the client has the expected id", !id || memory.information.client_id === id, memory.information);
  console.log(`ok: ${name}`);
}
