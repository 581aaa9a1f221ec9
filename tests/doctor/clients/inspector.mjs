// Connects the command line of the MCP Inspector, a second time with an expired access token. It refreshes, or asks its user again
// if it has no refresh token.
//
//     node inspector.mjs MCP_URL PERSON

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { url } from "./person.mjs";
import { home, start } from "./program.mjs";

// Without a terminal, the Inspector starts no sign-in unless it may open a browser. It finds no browser here.
const environment = { MCP_AUTO_OPEN_ENABLED: "true", MCP_INSPECTOR_SECRET_STORE: "file" };

/** Calls the tool through the program, and returns how often the user was asked. */
async function use() {
  const args = ["--cli", url, "--method", "tools/call", "--tool-name", "hello"];
  const { told, ended } = start("mcp-inspector", args, environment);
  assert.equal(await ended, 0, told.all);
  assert.match(told.all, /hello/);
  return told.visits;
}

assert.equal(await use(), 1, "the user is asked the first time");
const file = join(home, ".mcp-inspector/secrets.json");
const kept = JSON.parse(readFileSync(file, "utf8"));
const [name] = Object.keys(kept.secrets).filter((known) => known.includes(":tokens:"));
const tokens = JSON.parse(kept.secrets[name]);
kept.secrets[name] = JSON.stringify({ ...tokens, access_token: `${tokens.access_token}x` });
writeFileSync(file, JSON.stringify(kept));
assert.equal(await use(), tokens.refresh_token ? 0 : 1, "how often the user is asked");
console.log("ok");
