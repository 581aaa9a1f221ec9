// A server written with the official TypeScript SDK 1.x, with a session for each client.
//
//     node typescript_server.mjs PORT

import { randomUUID } from "node:crypto";
import http from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

let cancelled = 0;
const text = (words) => ({ content: [{ type: "text", text: words }] });

function server() {
  const made = new McpServer({ name: "typescript-sdk", version: "1" }, { capabilities: { logging: {} } });
  const sent = { description: "The headers of the request, as the server received them." };
  made.registerTool("sent", sent, ({ requestInfo }) => text(JSON.stringify(requestInfo.headers)));
  const count = { description: "Reports progress and logs a line at each step.", inputSchema: { to: z.number() } };
  made.registerTool("count", count, async ({ to }, { _meta, sendNotification }) => {
    for (let step = 1; step <= to; step += 1) {
      const progress = { progressToken: _meta?.progressToken, progress: step, total: to, message: `step ${step}` };
      if (_meta?.progressToken !== undefined) await sendNotification({ method: "notifications/progress", params: progress });
      await sendNotification({ method: "notifications/message", params: { level: "info", data: `step ${step}` } });
    }
    return text(`counted to ${to}`);
  });
  const long = { description: "A text that fits in no single read of a socket.", inputSchema: { characters: z.number() } };
  made.registerTool("long", long, ({ characters }) => text("é".repeat(characters)));
  const announce = { description: "Says on the stream of the session that the list of tools has changed." };
  made.registerTool("announce", announce, () => {
    made.sendToolListChanged();
    return text("announced");
  });
  const wait = { description: "Says that it runs, and ends only when it is cancelled." };
  made.registerTool("wait", wait, async ({ signal, _meta, sendNotification }) => {
    signal.addEventListener("abort", () => (cancelled += 1));
    const running = { progressToken: _meta.progressToken, progress: 0, total: 1, message: "running" };
    await sendNotification({ method: "notifications/progress", params: running });
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return text("cancelled");
  });
  const cancellations = { description: "How many calls of `wait` were cancelled." };
  made.registerTool("cancellations", cancellations, () => text(`${cancelled}`));
  made.registerResource("greeting", "upstream://greeting", {}, () => ({
    contents: [{ uri: "upstream://greeting", text: "hello — grüß dich — 你好" }],
  }));
  return made;
}

const sessions = new Map();

async function transport() {
  const made = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => sessions.set(id, made),
    onsessionclosed: (id) => sessions.delete(id),
  });
  await server().connect(made);
  return made;
}

async function answer(request, response) {
  const id = request.headers["mcp-session-id"];
  if (new URL(request.url, "http://localhost").pathname !== "/mcp") return response.writeHead(404).end();
  if (id && !sessions.has(id)) return response.writeHead(404).end();
  const found = sessions.get(id) ?? (await transport());
  await found.handleRequest(request, response);
}

http.createServer(answer).listen(Number(process.argv[2]), "127.0.0.1");
