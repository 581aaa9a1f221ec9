// A provider that has keys only, and signs a table of ID-JAGs: good ones, and ones with one fault each.
//
//     node table.mjs
//
// It prints the URL of its keys. For each authorization server on a line of standard input, as JSON, it prints a line of JSON: a
// pair for each row of the table, the row's name and what the token endpoint answered: the status, and the scope or the error.

import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";

const ISSUER = "https://idp.example";
const HOUR = 3600;

const own = await generateKeyPair("ES256", { extractable: true });
const foreign = await generateKeyPair("ES256", { extractable: true });
const jwk = { ...(await exportJWK(own.publicKey)), alg: "ES256", use: "sig", kid: "1" };
const foreignJwk = await exportJWK(foreign.publicKey);
const keys = createServer((_, answer) => {
  answer.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [jwk] }));
});
await new Promise((ready) => keys.listen(0, "127.0.0.1", ready));
console.log(`http://127.0.0.1:${keys.address().port}/keys`);

const UNSIGNED = Buffer.from('{"alg":"none","typ":"oauth-id-jag+jwt"}').toString("base64url");
const now = () => Math.floor(Date.now() / 1000);
const shared = () => new TextEncoder().encode(JSON.stringify(jwk));

/** A row: its name, and what differs from a good request. A claim or a parameter that is undefined is left out. */
const ROWS = (to) => [
  ["nothing: a good one", {}],
  ["`typ` in capitals", { header: { typ: "OAUTH-ID-JAG+JWT" } }],
  ["`typ` with `application/`", { header: { typ: "application/oauth-id-jag+jwt" } }],
  ["`typ` is `JWT`", { header: { typ: "JWT" } }],
  ["`typ` is missing", { header: { typ: undefined } }],
  ["`crit` with an unknown name", { header: { crit: ["elsewhere"], elsewhere: 1 } }],
  ["no signature (`alg` is `none`)", { unsigned: true }],
  ["HS256 with the public key as secret", { header: { alg: "HS256" }, key: shared() }],
  ["signed with another key", { key: foreign.privateKey }],
  ["signed with a key in the header (`jwk`)", { header: { jwk: foreignJwk, kid: undefined }, key: foreign.privateKey }],
  ["no `kid`", { header: { kid: undefined } }],
  ["`iss` is unknown", { claims: { iss: "https://other.example" } }],
  ["`iss` ends with a slash", { claims: { iss: `${ISSUER}/` } }],
  ["`aud` is missing", { claims: { aud: undefined } }],
  ["`aud` is another server", { claims: { aud: "https://other.example" } }],
  ["`aud` is the token endpoint", { claims: { aud: to.token } }],
  ["`aud` is below the issuer", { claims: { aud: `${to.issuer.replace(/\/$/, "")}/mcp` } }],
  ["`aud` with a slash more or less", { claims: { aud: to.issuer.replace(/\/?$/, (slash) => (slash ? "" : "/")) } }],
  ["`aud` is a list of one", { claims: { aud: [to.issuer] } }],
  ["`aud` is a list of two", { claims: { aud: [to.issuer, "https://other.example"] } }],
  ["`client_id` is missing", { claims: { client_id: undefined } }],
  ["`client_id` is another client", { claims: { client_id: "another" } }],
  ["`exp` is missing", { claims: { exp: undefined } }],
  ["`exp` is two minutes ago", { claims: { iat: now() - 300, exp: now() - 120 } }],
  ["`iat` is missing", { claims: { iat: undefined } }],
  ["`iat` is five minutes ahead", { claims: { iat: now() + 300, exp: now() + 500 } }],
  ["valid for an hour", { claims: { exp: now() + HOUR } }],
  ["`nbf` is five minutes ahead", { claims: { nbf: now() + 300 } }],
  ["`jti` is missing", { claims: { jti: undefined } }],
  ["`jti` is empty", { claims: { jti: "" } }],
  ["`sub` is missing", { claims: { sub: undefined } }],
  ["`sub` is empty", { claims: { sub: "" } }],
  ["`cnf`: bound to a key that is not shown", { claims: { cnf: { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } } }],
  ["`tenant`", { claims: { tenant: "t1" } }],
  ["`authorization_details`", { claims: { authorization_details: [{ type: "elsewhere" }] } }],
  ["`resource` is missing", { claims: { resource: undefined } }],
  ["`resource` is a list of one", { claims: { resource: [to.resource] } }],
  ["`resource` is another server", { claims: { resource: "https://other.example/mcp" } }],
  ["the request names another `resource`", { form: { resource: "https://other.example/mcp" } }],
  ["`scope` is missing", { claims: { scope: undefined } }],
  ["`scope` is unknown", { claims: { scope: "elsewhere" } }],
  ["the request asks for an unknown scope besides", { form: { scope: "user elsewhere" } }],
  ["the client does not authenticate", { form: { client_id: to.client }, secret: null }],
  ["the client's secret is wrong", { secret: "another secret that is long" }],
  ["no `assertion`", { form: { assertion: undefined } }],
];

async function assertion(to, { header = {}, claims = {}, key = own.privateKey, unsigned = false }) {
  const { issuer: aud, client: client_id, resource } = to;
  const whose = { iss: ISSUER, sub: "ada", aud, client_id, resource, scope: "user" };
  const all = JSON.parse(JSON.stringify({ ...whose, jti: randomUUID(), iat: now(), exp: now() + 300, ...claims }));
  if (unsigned) return new UnsecuredJWT(all).encode().replace(/^[^.]*/, UNSIGNED);
  const head = JSON.parse(JSON.stringify({ alg: "ES256", typ: "oauth-id-jag+jwt", kid: "1", ...header }));
  return new SignJWT(all).setProtectedHeader(head).sign(key, { crit: { elsewhere: true } });
}

async function send(to, signed, { form = {}, secret = to.secret }) {
  const grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
  const public_client = to.secret ? {} : { client_id: to.client };
  const all = JSON.parse(JSON.stringify({ grant_type, assertion: signed, resource: to.resource, ...public_client, ...form }));
  const headers = to.secret && secret ? { authorization: `Basic ${btoa(`${to.client}:${secret}`)}` } : {};
  const answer = await fetch(to.token, { method: "POST", headers, body: new URLSearchParams(all) });
  const told = await answer.json().catch(() => ({}));
  return answer.ok ? `${answer.status} \`${told.scope ?? ""}\`` : `${answer.status} \`${told.error}\``;
}

/** Registers a client, where the server has none yet. */
async function register({ registration, method }) {
  const redirect_uris = ["http://127.0.0.1:33418/callback"];
  const metadata = { redirect_uris, token_endpoint_auth_method: method, application_type: "native" };
  const headers = { "content-type": "application/json" };
  const answer = await (await fetch(registration, { method: "POST", headers, body: JSON.stringify(metadata) })).json();
  return { client: answer.client_id, secret: answer.client_secret };
}

async function judge(server) {
  const to = server.registration ? { ...server, ...(await register(server)) } : server;
  const told = [];
  for (const [name, differs] of ROWS(to)) {
    // A public client has no secret that could be wrong.
    const applies = to.secret || !("secret" in differs);
    told.push([name, applies ? await send(to, await assertion(to, differs), differs) : "–"]);
  }
  const once = await assertion(to, {});
  await send(to, once, {});
  told.push(["the same again", await send(to, once, {})]);
  const racers = await Promise.all(Array.from({ length: 16 }, await racer(to)));
  told.push(["sixteen at once with one: tokens", `${racers.filter((answer) => answer.startsWith("200")).length}`]);
  return told;
}

async function racer(to) {
  const one = await assertion(to, {});
  return () => send(to, one, {});
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await judge(JSON.parse(line))));
}
process.exit();
