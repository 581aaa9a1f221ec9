// The user with a browser: opens the authorization page, signs in, there or at the provider that the page links to, allows, and is
// redirected to the client.

import assert from "node:assert/strict";

// Nothing listens here: the test user reads the answer from the redirect to this URI.
export const REDIRECT_URI = "http://127.0.0.1:33418/callback";

/** The most pages and redirects: a sign-in at a provider has the pages of both servers. */
const MOST_PAGES = 20;

/** Visits `url` and returns the URL to which the browser is redirected; it begins with `redirectUri`. */
export async function visit(url, username, password, redirectUri = REDIRECT_URI) {
  const cookies = new Map();
  const answers = { username, login: username, password };
  let response = await open(url, cookies);
  for (let page = 0; page < MOST_PAGES; page += 1) {
    // Forms are answered with a page that the browser leaves by itself.
    const location = response.headers.get("location") ?? response.headers.get("refresh")?.replace("0;url=", "");
    if (location?.startsWith(`${redirectUri}?`)) return new URL(location);
    if (location) {
      response = await open(new URL(location, response.url), cookies);
    } else {
      assert.equal(response.status, 200, "a page is shown");
      const { link, form } = read(await response.text(), response.url);
      const body = () => new URLSearchParams({ ...form.fields, ...pick(answers, form.fields), ...form.decision });
      response = link ? await open(link, cookies) : await open(form.action, cookies, { method: "POST", body: body() });
    }
  }
  throw new Error("too many pages without a redirect to the client");
}

async function open(url, cookies, options = {}) {
  const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
  const response = await fetch(url, { redirect: "manual", headers: { accept: "text/html", cookie }, ...options });
  for (const line of response.headers.getSetCookie()) {
    const [name, value] = line.split(";", 1)[0].split(/=(.*)/s);
    cookies.set(name, value);
  }
  return response;
}

/** The form of a page, or the link to a provider where the page has no other way on. */
function read(html, url) {
  const tags = (name) => [...html.matchAll(new RegExp(`<${name} [^>]*>`, "g"))].map(([tag]) => attributes(tag));
  const [action] = tags("form").map((form) => new URL(form.action, url));
  const fields = Object.fromEntries(tags("input").map(({ name, value = "" }) => [name, value]));
  const decisions = tags("button").filter(({ name }) => name === "decision");
  const decision = decisions.some(({ value }) => value === "allow") ? { decision: "allow" } : {};
  const leads = tags("a").find((link) => link.class?.startsWith("button"));
  const link = decisions.length > 0 && !decision.decision && leads && new URL(leads.href, url);
  return { link, form: { action, fields, decision } };
}

/** The answers to the fields that a form has. */
function pick(answers, fields) {
  return Object.fromEntries(Object.entries(answers).filter(([name]) => name in fields));
}

function attributes(tag) {
  const pairs = [...tag.matchAll(/([a-z]+)="([^"]*)"/g)];
  const decode = (text) => text.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
  return Object.fromEntries(pairs.map(([, name, value]) => [name, decode(value)]));
}
