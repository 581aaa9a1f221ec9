// Calls an MCP server with the official TypeScript client, version 1.x or 2.x, and prints what it saw; see
// python_client.py and transcript.py, which has the same JSON.
//
//     node typescript_client.mjs 1|2 http|sse URL CALLS [USERNAME PASSWORD]
//     node typescript_client.mjs 1|2 stdio COMMAND CALLS

import { readFileSync } from "node:fs";
import { setTimeout as after } from "node:timers/promises";
import { REDIRECT_URI, visit } from "../clients/person.mjs";

const [version, kind, address, calls, username, password] = process.argv.slice(2);

const FORGED = JSON.parse(readFileSync(new URL("forged.json", import.meta.url)));
const PARTS = {
  1: ["sdk/client/index.js", "sdk/client/streamableHttp.js", "sdk/client/sse.js", "sdk/client/stdio.js", "sdk/types.js"],
  2: ["client", "client/stdio"],
};
const modules = await Promise.all(PARTS[version].map((part) => import(`@modelcontextprotocol/${part}`)));
const { Client, ...sdk } = Object.assign({}, ...modules);
const heard = (client, method, schema, handler) => client.setNotificationHandler(version === "1" ? schema : method, handler);

/** Signs in for the client library, which keeps its state here. */
class Memory {
  redirectUrl = REDIRECT_URI;
  clientMetadata = { client_name: "TypeScript MCP client", redirect_uris: [REDIRECT_URI] };
  state = () => "some state";
  clientInformation = () => this.information;
  saveClientInformation = (information) => void (this.information = information);
  tokens = () => this.saved;
  saveTokens = (tokens) => void (this.saved = tokens);
  codeVerifier = () => this.verifier;
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  discoveryState = () => this.discovered;
  saveDiscoveryState = (discovered) => void (this.discovered = discovered);
  redirectToAuthorization = async (authorization) => void (this.callback = await visit(authorization, username, password));
}

const seen = { requests: new Set(), notifications: { progress: [], messages: [] }, results: {} };
let listening = () => {};
const isListening = new Promise((resolve) => (listening = resolve));

/** On HTTP+SSE, messages are sent to another path of the server. */
function isMcp(target, options) {
  const isMessage = kind === "sse" && options?.method === "POST" && new URL(target).origin === new URL(address).origin;
  return `${target}` === address || isMessage;
}

async function recorded(target, options) {
  const response = await fetch(target, options);
  if (isMcp(target, options) && response.status !== 401) {
    seen.requests.add(`${options?.method ?? "GET"} ${response.status}`);
    if ((options?.method ?? "GET") === "GET") listening();
  }
  return response;
}

function transport(authProvider) {
  if (kind === "stdio") {
    const [command, ...args] = address.split(" ");
    return new sdk.StdioClientTransport({ command, args, stderr: "ignore" });
  }
  const made = { http: sdk.StreamableHTTPClientTransport, sse: sdk.SSEClientTransport }[kind];
  return new made(new URL(address), { authProvider, fetch: recorded, requestInit: { headers: FORGED } });
}

/** The client is refused once, the user signs in, and the code is redeemed. */
async function signIn() {
  const memory = new Memory();
  const first = transport(memory);
  const refused = await new Client({ name: "test", version: "1" }).connect(first).catch((error) => error);
  if (!memory.callback) throw refused;
  const answer = memory.callback.searchParams;
  await first.finishAuth(version === "1" ? answer.get("code") : answer);
  return memory;
}

const authProvider = username && (await signIn());
const client = new Client({ name: "test", version: "1" });
const told = transport(authProvider);
let announced = () => {};
const isAnnounced = new Promise((resolve) => (announced = resolve));
heard(client, "notifications/message", sdk.LoggingMessageNotificationSchema, ({ params }) => {
  seen.notifications.messages.push([params.level, params.data]);
});
heard(client, "notifications/tools/list_changed", sdk.ToolListChangedNotificationSchema, announced);
await client.connect(told);
// The SDK drops progress that it reads together with the result, so what arrives is recorded before it.
const deliver = told.onmessage;
told.onmessage = (message, extra) => {
  const { progress, total, message: words } = message.params ?? {};
  if (message.method === "notifications/progress") seen.notifications.progress.push([progress, total, words]);
  deliver(message, extra);
};
seen.results.server = client.getServerVersion();
seen.results.capabilities = client.getServerCapabilities();
seen.results.tools = await client.listTools();
seen.results.resources = await client.listResources();
// With it, calls ask for progress.
const onprogress = () => {};
const call = (name, parameters, options) => {
  const asked = { name, arguments: parameters };
  return version === "1" ? client.callTool(asked, undefined, options) : client.callTool(asked, options);
};
for (const [name, parameters] of JSON.parse(calls)) seen.results[name] = await call(name, parameters, { onprogress });
if (seen.results.resources.resources.some(({ uri }) => uri === "upstream://greeting")) {
  seen.results.greeting = await client.readResource({ uri: "upstream://greeting" });
}
const within = (promise, what) => {
  const late = after(30_000).then(() => Promise.reject(new Error(`not so: ${what}`)));
  return Promise.race([promise, late]);
};
const offers = (name) => seen.results.tools.tools.some((tool) => tool.name === name);
// Without a session, the server does not know which call a notification cancels.
if ((told.sessionId || kind !== "http") && offers("cancellations")) {
  const count = async () => (await call("cancellations", {})).content[0].text;
  const before = await count();
  const abort = new AbortController();
  await within(
    new Promise((resolve) => call("wait", {}, { signal: abort.signal, onprogress: resolve }).catch(() => {})),
    "the call runs",
  );
  abort.abort();
  const seenByServer = async () => {
    while ((await count()) === before) await after(50);
  };
  await within(seenByServer(), "the server sees that the call is cancelled");
  seen.results.cancelled = true;
}
if (kind === "http") {
  await within(isListening, "the client asks for the stream of its session");
  if (seen.requests.has("GET 200") && offers("announce")) {
    await client.callTool({ name: "announce", arguments: {} });
    await within(isAnnounced, "the change is announced");
    seen.results.announced = true;
  }
}
await told.terminateSession?.();
await client.close();
// Streams that are still open would keep the process running.
process.stdout.write(JSON.stringify({ ...seen, requests: [...seen.requests].sort() }), () => process.exit());
