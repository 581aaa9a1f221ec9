// Connects mcp-remote over standard input, a second time with an expired access token. It refreshes, or asks its user again if it
// has no refresh token.
//
//     node mcp_remote.mjs MCP_URL PERSON

import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { url } from "./person.mjs";
import { home, start } from "./program.mjs";

/** Calls the tool through the program, and returns how often the user was asked. */
async function use() {
  const { child, told } = start("mcp-remote", [url, "--allow-http"]);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (id, method, params) => {
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    for (;;) {
      const { value, done } = await answers.next();
      assert.ok(!done, told.all);
      const message = JSON.parse(value);
      if (message.id === id) return message.result;
    }
  };
  const clientInfo = { name: "test", version: "1" };
  await ask(1, "initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
  child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
  const data = await ask(2, "tools/call", { name: "hello", arguments: {} });
  child.kill();
  assert.match(JSON.stringify(data), /hello/);
  return told.visits;
}

assert.equal(await use(), 1, "the user is asked the first time");
const [name] = readdirSync(home, { recursive: true }).filter((file) => file.endsWith("tokens.json"));
const file = join(home, name);
const kept = JSON.parse(readFileSync(file, "utf8"));
writeFileSync(file, JSON.stringify({ ...kept, expires_at: Date.now() - 1000, access_token: `${kept.access_token}x` }));
assert.equal(await use(), kept.refresh_token ? 0 : 1, "how often the user is asked");
console.log("ok");
process.exit();
