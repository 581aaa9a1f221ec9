// The worker of tests/doctor with the cheapest surroundings: KV is a map in the same isolate, and the API is one tool without an SDK.

import worker from "./worker.mjs";

// The keys that the library lists together begin with the same two parts.
const parts = new Map();
const part = (key) => key.split(":", 2).join(":");

const kv = {
  async get(key, options) {
    const value = parts.get(part(key))?.get(key)?.value;
    if (value === undefined) return null;
    return options?.type === "json" ? JSON.parse(value) : value;
  },
  async put(key, value, options) {
    const name = part(key);
    if (!parts.has(name)) parts.set(name, new Map());
    parts.get(name).set(key, { value, metadata: options?.metadata });
  },
  async delete(key) {
    parts.get(part(key))?.delete(key);
  },
  async list({ prefix }) {
    const entries = [...(parts.get(part(prefix)) ?? [])].filter(([key]) => key.startsWith(prefix));
    return { keys: entries.map(([name, { metadata }]) => ({ name, metadata })), list_complete: true };
  },
};

const data = { user_id: "user", status: "active" };

const api = {
  async fetch(request) {
    if (request.method === "GET") return Response.json({ active: true });
    const { id } = await request.json();
    const result = { content: [{ type: "text", text: JSON.stringify(data) }], structuredContent: data };
    return Response.json({ jsonrpc: "2.0", id, result });
  },
};

let environment;

export default {
  fetch(request, env, context) {
    environment ??= { ...env, ORIGIN: new URL(request.url).origin, OAUTH_KV: kv, MCP: api };
    return worker.fetch(request, environment, context);
  },
};
