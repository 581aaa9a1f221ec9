// Connects mcp-remote over standard input, twice with the same home directory. The second time, its access token is
// invalid, so it must refresh. With `dropped`, the response to the first refresh is lost, and mcp-remote tries again.
//
//     node mcp_remote.mjs MCP_URL USERNAME PASSWORD [dropped]

import assert from "node:assert/strict";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { home, start } from "./program.mjs";

const [url, username, password, way] = process.argv.slice(2);
const place = home();

/** Calls the tool through the program, and returns how often the user was asked. */
async function use() {
  const { child, told } = start("mcp-remote", [url, "--allow-http"], { HOME: place }, { username, password });
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
  const data = await ask(2, "tools/call", { name: "get_user_data", arguments: {} });
  child.kill();
  assert.ok(data.content[0].text.includes(username), JSON.stringify(data));
  return told.visits;
}

/** Reads the file in which mcp-remote stores its tokens. */
function tokens() {
  const files = readdirSync(place, { recursive: true }).filter((name) => name.endsWith("tokens.json"));
  assert.equal(files.length, 1, files.join());
  const file = join(place, files[0]);
  return { file, kept: JSON.parse(readFileSync(file, "utf8")) };
}

assert.equal(await use(), 1, "the user is asked the first time");
const { file, kept } = tokens();
// With `dropped`, the token must also be expired by the clock. After a 401, mcp-remote refreshes only once, and asks the
// user if that response is lost.
const ended = way === "dropped" ? { expires_at: Date.now() - 1000 } : {};
writeFileSync(file, JSON.stringify({ ...kept, ...ended, access_token: `${kept.access_token}x` }));
assert.equal(await use(), 0, "the user is not asked again");
assert.notEqual(tokens().kept.refresh_token, kept.refresh_token, "mcp-remote refreshed by itself");
rmSync(place, { recursive: true, maxRetries: 20 });
console.log("ok: mcp-remote");
