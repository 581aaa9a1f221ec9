// Cloudflare's workers-oauth-provider in its own runtime (worker.mjs), with an MCP server of the TypeScript SDK behind it. It ends
// when its standard input does.
//
//     node workers.mjs PORT ORIGIN [KEYS]
//
// With the URL of a provider's keys it takes ID-JAGs too.

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { readFileSync } from "node:fs";
import { Miniflare, Request as WorkerRequest, Response as WorkerResponse } from "miniflare";

const [port, origin, keys] = process.argv.slice(2);

async function serve(request) {
  const server = new McpServer({ name: "workers", version: "1" });
  server.registerTool("hello", { description: "Says hello." }, () => ({ content: [{ type: "text", text: "hello" }] }));
  const transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
  await server.connect(transport);
  const body = request.method === "POST" ? await request.text() : undefined;
  const asked = new Request(request.url, { method: request.method, headers: [...request.headers], body });
  const answer = await transport.handleRequest(asked);
  return new WorkerResponse(await answer.text(), { status: answer.status, headers: [...answer.headers] });
}

const module = (path, place) => ({ type: "ESModule", path, contents: readFileSync(new URL(place, import.meta.url), "utf8") });
const library = import.meta.resolve("@cloudflare/workers-oauth-provider");
const miniflare = new Miniflare({
  host: "127.0.0.1",
  port: Number(port),
  compatibilityDate: "2026-05-01",
  compatibilityFlags: ["global_fetch_strictly_public"],
  kvNamespaces: ["OAUTH_KV"],
  bindings: { ORIGIN: origin, KEYS: keys ?? "" },
  // The library fetches over https alone.
  outboundService: async () => new WorkerResponse(await (await fetch(keys)).text()),
  serviceBindings: { MCP: serve },
  modulesRoot: "/",
  modules: [module("/worker.mjs", "worker.mjs"), module("/oauth-provider.mjs", library)],
});
await miniflare.ready;
// The runtime is a process of its own, which would stay if this one were killed.
process.stdin.resume().on("end", () => miniflare.dispose().then(() => process.exit()));
