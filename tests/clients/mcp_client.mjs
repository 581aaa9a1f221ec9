// The official TypeScript client 2.x; see typescript.mjs.

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { run } from "./typescript.mjs";

const library = { Client, StreamableHTTPClientTransport, UnauthorizedError };
await run("@modelcontextprotocol/client", library, (answer) => answer);
