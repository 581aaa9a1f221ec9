// A fast MCP server that keeps what it is sent, for measure.py. It answers by hand, so that no SDK limits the calls.
//
//     node upstream.mjs PORT|stdio
//
// GET /state tells what it saw: the headers of the last call, how many sessions began, and how many calls of `wait` were left
// or cancelled.

import http from "node:http";
import { createInterface } from "node:readline";

const TOOLS = ["a", "big", "progress", "wait", "refuse", "redirect"];
const BIG = "é".repeat(200_000);
const state = { headers: {}, sessions: 0, waiting: 0, left: 0, cancelled: 0 };

const text = (words) => ({ content: [{ type: "text", text: words }] });
const result = (id, value) => JSON.stringify({ jsonrpc: "2.0", id, result: value });
const event = (line) => `event: message\ndata: ${line}\n\n`;
const progress = (params, step) =>
  JSON.stringify({
    jsonrpc: "2.0",
    method: "notifications/progress",
    params: { progressToken: params._meta?.progressToken ?? 0, progress: step, total: 3 },
  });
const after = (time) => new Promise((resolve) => setTimeout(resolve, time));

/** The answer to what is no call of a tool. */
function plain({ id, method, params }) {
  if (method === "initialize") {
    const serverInfo = { name: "measured", version: "1" };
    return result(id, { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo });
  }
  if (method === "tools/list") {
    return result(id, { tools: TOOLS.map((name) => ({ name, description: name, inputSchema: { type: "object" } })) });
  }
  if (method === "ping") return result(id, {});
  if (method === "tools/call" && params.name === "a") return result(id, text("done"));
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: `no method ${method}` } });
}

/** Calls that are answered with an event stream, and calls that are refused. */
async function special({ id, params }, response) {
  if (params.name === "refuse") {
    const challenge = 'Bearer resource_metadata="http://upstream.example/metadata"';
    return response.writeHead(401, { "WWW-Authenticate": challenge }).end();
  }
  if (params.name === "redirect") return response.writeHead(302, { Location: "http://upstream.example/login" }).end();
  response.writeHead(200, { "Content-Type": "text/event-stream", "Set-Cookie": "upstream=1" });
  if (params.name === "big") return response.end(event(result(id, text(BIG))));
  if (params.name === "wait") {
    state.waiting += 1;
    response.on("close", () => (state.left += 1));
    return response.write(event(progress(params, 1)));
  }
  for (const step of [1, 2, 3]) {
    response.write(event(progress(params, step)));
    await after(500);
  }
  response.end(event(result(id, text("done"))));
}

function answer(request, response, message) {
  if (message.method === "notifications/cancelled") state.cancelled += 1;
  if (message.id === undefined) return response.writeHead(202).end();
  if (message.method === "tools/call") {
    state.headers = request.headers;
    if (message.params.name !== "a") return special(message, response);
  }
  const head = { "Content-Type": "application/json", "Set-Cookie": "upstream=1" };
  if (message.method === "initialize") head["Mcp-Session-Id"] = `upstream-${(state.sessions += 1)}`;
  response.writeHead(200, head).end(plain(message));
}

function listen(port) {
  const server = http.createServer(async (request, response) => {
    if (request.url === "/state") return response.end(JSON.stringify(state));
    if (request.method === "DELETE") return response.writeHead(200).end();
    if (request.method === "GET") {
      response.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
      return response.write(": open\n\n");
    }
    const parts = [];
    for await (const part of request) parts.push(part);
    answer(request, response, JSON.parse(Buffer.concat(parts)));
  });
  server.keepAliveTimeout = 60_000;
  server.listen({ port, host: "127.0.0.1", backlog: 2048 });
}

if (process.argv[2] === "stdio") {
  createInterface({ input: process.stdin }).on("line", (line) => {
    const message = JSON.parse(line);
    if (message.id !== undefined && message.method) process.stdout.write(`${plain(message)}\n`);
  });
} else {
  listen(Number(process.argv[2]));
}
