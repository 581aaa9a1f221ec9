// The demo authorization server of the TypeScript SDK, behind the SDK's `mcpAuthRouter`, with an MCP server of the SDK.
//
//     node sdk.mjs PORT ORIGIN

import { DemoInMemoryAuthProvider } from "@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js";
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
import { getOAuthProtectedResourceMetadataUrl, mcpAuthRouter } from "@modelcontextprotocol/sdk/server/auth/router.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import express from "express";

const [port, origin] = process.argv.slice(2);
const [provider, resource] = [new DemoInMemoryAuthProvider(), new URL(`${origin}/mcp`)];
// Many examinations register more clients than the usual limit allows in an hour.
const unlimited = { rateLimit: false };
const app = express();
app.use(
  mcpAuthRouter({
    provider,
    issuerUrl: new URL(origin),
    resourceServerUrl: resource,
    scopesSupported: ["user"],
    authorizationOptions: unlimited,
    clientRegistrationOptions: unlimited,
    tokenOptions: unlimited,
  }),
);
const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(resource);
app.use("/mcp", requireBearerAuth({ verifier: provider, resourceMetadataUrl }), express.json());
app.all("/mcp", async (request, response) => {
  const server = new McpServer({ name: "demo", version: "1" });
  server.registerTool("hello", { description: "Says hello." }, () => ({ content: [{ type: "text", text: "hello" }] }));
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await server.connect(transport);
  await transport.handleRequest(request, response, request.body);
});
app.listen(Number(port), "127.0.0.1");
