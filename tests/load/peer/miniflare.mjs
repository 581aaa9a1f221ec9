// The same modules as in workerd.capnp, in Miniflare: the runtime of Cloudflare's tools for development.
//
//     node miniflare.mjs LIBRARY PORT

import { readFileSync } from "node:fs";

const [library, port] = process.argv.slice(2);
const { Miniflare } = await import(new URL("../../../miniflare/dist/src/index.js", `file://${library}`));
const module = (path, place) => ({ type: "ESModule", path, contents: readFileSync(place, "utf8") });
const here = (place) => new URL(place, import.meta.url);
const miniflare = new Miniflare({
  host: "127.0.0.1",
  port: Number(port),
  compatibilityDate: "2026-05-01",
  compatibilityFlags: ["global_fetch_strictly_public"],
  modulesRoot: "/",
  modules: [
    module("/entry.mjs", here("entry.mjs")),
    module("/worker.mjs", here("../../doctor/worker.mjs")),
    module("/oauth-provider.mjs", library),
  ],
});
await miniflare.ready;
