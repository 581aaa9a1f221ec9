// The official TypeScript client of the second generation; see typescript.mjs.

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { run } from "./typescript.mjs";

const library = { Client, StreamableHTTPClientTransport, UnauthorizedError };
await run("@modelcontextprotocol/client", library, (answer) => answer);
