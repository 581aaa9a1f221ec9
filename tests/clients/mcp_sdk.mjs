// The official TypeScript SDK 1.x; see typescript.mjs.

import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { run } from "./typescript.mjs";

const library = { Client, StreamableHTTPClientTransport, UnauthorizedError };
await run("@modelcontextprotocol/sdk", library, (answer) => answer.get("code"));
