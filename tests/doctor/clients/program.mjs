// Runs mcp-remote or the command line of the MCP Inspector with a home directory of its own. The user signs in at the URL that the
// program prints, and a browser opens the redirect URI, where the program listens.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { visit } from "./person.mjs";

const LONGEST = 60_000;

export const home = mkdtempSync(join(tmpdir(), "doorward-doctor-"));
process.on("exit", () => rmSync(home, { recursive: true, force: true, maxRetries: 20 }));

/** Starts a program of the Node environment. */
export function start(program, args, environment = {}) {
  const path = new URL(`../../node_modules/.bin/${program}`, import.meta.url).pathname;
  const env = { PATH: process.env.PATH, HOME: home, BROWSER: "/bin/true", ...environment };
  const child = spawn(process.execPath, [path, ...args], { env });
  const told = { all: "", visits: 0 };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (piece) => {
      told.all += piece;
      const url = told.all.match(/https?:\/\/\S+[?&]code_challenge=\S+(?=\s)/)?.[0];
      if (!url || told.visits > 0) return;
      told.visits = 1;
      visit(url).then(fetch).catch((error) => child.kill() && (told.all += error.stack));
    });
  }
  // A program that waits for ever ends before this script is killed, and says what it waits for.
  const late = () => {
    child.kill("SIGKILL");
    console.error(told.all);
    process.exit(1);
  };
  setTimeout(late, LONGEST).unref();
  const ended = new Promise((end) => child.on("exit", (code) => end(code)));
  return { child, told, ended };
}
