// The user with a browser is a service of the test. It visits an authorization page, and answers with the URL that the browser is
// redirected to.

export const [url, person, ...more] = process.argv.slice(2);

// Nothing listens here: the client reads the answer from the redirect to this URI.
export const REDIRECT_URI = "http://127.0.0.1:33418/callback";

export async function visit(authorization) {
  const response = await fetch(person, { method: "POST", body: String(authorization) });
  if (!response.ok) throw new Error(await response.text());
  return new URL(await response.text());
}
