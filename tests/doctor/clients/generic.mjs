// What a program adds to a library that does not know MCP: the challenge, and a call.

import assert from "node:assert/strict";
import { url } from "./person.mjs";

const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};

function send(more) {
  const headers = { accept: "application/json, text/event-stream", "content-type": "application/json", ...more };
  return fetch(url, { method: "POST", headers, body: JSON.stringify(initialize) });
}

/** The status of a request without a token, and the URL of the metadata that the challenge names. */
export async function challenged() {
  const response = await send({});
  const [, document] = response.headers.get("www-authenticate")?.match(/resource_metadata="([^"]+)"/) ?? [];
  assert.ok(document, "the challenge names protected resource metadata");
  return { status: response.status, document };
}

export async function call(token) {
  const response = await send({ authorization: `Bearer ${token}` });
  await response.body?.cancel();
  assert.equal(response.status, 200, "the MCP server accepts the token");
}
