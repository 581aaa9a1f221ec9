// A client that is a program: started as people start it, with a home of its own, a person who visits the page that it
// names, and a browser that brings the answer to where it listens.

import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { visit } from "./person.mjs";

/** A home that no other program has. */
export function home() {
  return mkdtempSync(join(tmpdir(), "doorward-client-"));
}

/** Starts a program of this environment; `person` signs in where it asks for that. */
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

/** The person's browser goes where the answer leads. */
async function answer(url, { username, password }) {
  const redirectUri = new URL(url).searchParams.get("redirect_uri");
  const callback = await visit(url, username, password, redirectUri);
  await fetch(callback);
}
