// Runs a client that is a command-line program, with its own home directory. A test user signs in at the URL that the
// program prints, and a browser opens the redirect URI, where the program listens.

import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { visit } from "./person.mjs";

/** Creates a new home directory. */
export function home() {
  return mkdtempSync(join(tmpdir(), "doorward-client-"));
}

/** Starts a program of the Node environment; `person` signs in when the program asks for it. */
export function start(program, args, environment, person) {
  const path = new URL(`../node_modules/.bin/${program}`, import.meta.url).pathname;
  const env = { PATH: process.env.PATH, ...environment };
  const child = spawn(process.execPath, [path, ...args], { env });
  const told = { out: "", all: "", visits: 0 };
  child.stdout.on("data", (piece) => void (told.out += piece));
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (piece) => {
      told.all += piece;
      const url = told.all.match(/https?:\/\/\S+\/oauth\/authorize\?\S+(?=\s)/)?.[0];
      if (url && told.visits === 0) {
        told.visits = 1;
        answer(url, person).catch((error) => child.kill() && (told.all += error.stack));
      }
    });
  }
  const ended = new Promise((end) => child.on("exit", (code) => end(code)));
  return { child, told, ended };
}

/** Signs in and opens the redirect URI in the user's browser. */
async function answer(url, { username, password }) {
  const redirectUri = new URL(url).searchParams.get("redirect_uri");
  const callback = await visit(url, username, password, redirectUri);
  await fetch(callback);
}
