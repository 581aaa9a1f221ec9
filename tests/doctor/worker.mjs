// The worker of workers.mjs: workers-oauth-provider, with the sign-in page and the consent page in one, as its documentation has it.

import { WorkerEntrypoint } from "cloudflare:workers";
import { AuthorizationError, OAuthProvider } from "./oauth-provider.mjs";

const html = { "content-type": "text/html; charset=utf-8" };

class Api extends WorkerEntrypoint {
  fetch(request) {
    return this.env.MCP.fetch(request);
  }
}

async function page(request, oauth) {
  const consent = await oauth.beginConsent(await oauth.parseAuthRequest(request));
  consent.headers.set("content-type", html["content-type"]);
  const form = `<form method="post"><input type="hidden" name="handle" value="${consent.handle}"><input name="username">
    <input name="password" type="password"><button name="decision" value="allow">Allow</button></form>`;
  return new Response(form, { headers: consent.headers });
}

async function decide(request, oauth) {
  const form = await request.formData();
  const approved = await oauth.approveConsent(request, form.get("handle"));
  const userId = form.get("username");
  const { scope } = approved.request;
  const { redirectTo } = await oauth.completeAuthorization({ request: approved.request, userId, metadata: {}, scope, props: { userId } });
  approved.headers.set("location", redirectTo);
  return new Response(null, { status: 302, headers: approved.headers });
}

const site = {
  async fetch(request, env) {
    if (new URL(request.url).pathname !== "/authorize") return new Response("", { status: 404 });
    try {
      return await (request.method === "POST" ? decide : page)(request, env.OAUTH_PROVIDER);
    } catch (error) {
      if (!(error instanceof AuthorizationError)) throw error;
      return error.redirectTo ? Response.redirect(error.redirectTo, 302) : new Response("refused", { status: 400 });
    }
  },
};

// Enterprise-managed authorization, where the workers have keys of a provider: every user of it, with the scopes of the ID-JAG.
const IDP = "https://idp.example";
const enterprise = {
  trustedIssuers: ({ iss }) => (iss === IDP ? { issuer: IDP, jwksUri: `${IDP}/keys`, algorithms: ["ES256"] } : null),
  mapClaims: ({ claims, requestedScope }) => ({ userId: claims.sub, scope: requestedScope, props: {} }),
};

let provider;

export default {
  fetch(request, env, context) {
    provider ??= new OAuthProvider({
      apiRoute: "/mcp",
      apiHandler: Api,
      defaultHandler: site,
      authorizeEndpoint: "/authorize",
      tokenEndpoint: "/oauth/token",
      clientRegistrationEndpoint: "/oauth/register",
      scopesSupported: ["user"],
      resourceMetadata: { resource: `${env.ORIGIN}/mcp`, authorization_servers: [env.ORIGIN] },
      requiredScopes: ["user"],
      enterpriseManagedAuthorization: env.KEYS ? enterprise : undefined,
    });
    // Behind a proxy the runtime sees its own address, and the library compares it with the public one.
    const { origin, pathname, search } = new URL(request.url);
    const isPublic = origin === env.ORIGIN;
    const asked = isPublic ? request : new Request(`${env.ORIGIN}${pathname}${search}`, request);
    return provider.fetch(asked, env, context);
  },
};
