// The user with a browser: opens the authorization page, signs in, allows, and is redirected to the client.

import assert from "node:assert/strict";

// Nothing listens here: the test user reads the answer from the redirect to this URI.
export const REDIRECT_URI = "http://127.0.0.1:33418/callback";

/** Visits `url` and returns the URL to which the browser is redirected; it begins with `redirectUri`. */
export async function visit(url, username, password, redirectUri = REDIRECT_URI) {
  const cookies = new Map();
  const answers = { username, password };
  let response = await open(url, cookies);
  for (let page = 0; page < 4; page += 1) {
    // Forms are answered with a page that the browser leaves by itself.
    const location = response.headers.get("location") ?? response.headers.get("refresh")?.replace("0;url=", "");
    if (location?.startsWith(`${redirectUri}?`)) return new URL(location);
    if (location) {
      response = await open(new URL(location, response.url), cookies);
    } else {
      assert.equal(response.status, 200, "a page is shown");
      const form = read(await response.text(), response.url);
      const body = new URLSearchParams({ ...form.hidden, ...(form.asksPassword ? answers : { decision: "allow" }) });
      response = await open(form.action, cookies, { method: "POST", body });
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

function read(html, url) {
  const inputs = [...html.matchAll(/<input [^>]*>/g)].map(([tag]) => attributes(tag));
  const hidden = inputs.filter((input) => input.type === "hidden").map((input) => [input.name, input.value]);
  return {
    action: new URL(attributes(html.match(/<form [^>]*>/)[0]).action, url),
    hidden: Object.fromEntries(hidden),
    asksPassword: inputs.some((input) => input.type === "password"),
  };
}

function attributes(tag) {
  const pairs = [...tag.matchAll(/([a-z]+)="([^"]*)"/g)];
  const decode = (text) => text.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
  return Object.fromEntries(pairs.map(([, name, value]) => [name, decode(value)]));
}
