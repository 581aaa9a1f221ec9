// Connects the command line of the MCP Inspector. The first time, the user signs in; then, it uses the stored tokens.
//
//     node inspector.mjs MCP_URL USERNAME PASSWORD

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { home, start } from "./program.mjs";

const [url, username, password] = process.argv.slice(2);
const place = home();
// Without a terminal, the Inspector starts no sign-in unless it may open a browser. It finds no browser here.
const environment = { HOME: place, MCP_AUTO_OPEN_ENABLED: "true", MCP_INSPECTOR_SECRET_STORE: "file" };

for (const [visits, more] of [[1, []], [0, ["--stored-auth-only"]]]) {
  const args = ["--cli", url, "--method", "tools/call", "--tool-name", "get_user_data", ...more];
  const { told, ended } = start("mcp-inspector", args, environment, { username, password });
  assert.equal(await ended, 0, told.all);
  assert.ok(told.out.includes(username), told.out);
  assert.equal(told.visits, visits, "how often the user was asked");
}
rmSync(place, { recursive: true, maxRetries: 20 });
console.log("ok: Inspector");
