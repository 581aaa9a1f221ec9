// Lambda@Edge, origin response: gives a challenge its name back.
//
// Function URLs rename WWW-Authenticate, and without it MCP clients do not find where to sign in. The functions say
// their challenge a second time, as Doorward-Challenge. CloudFront Functions would not do: they do not run on a 401.

const SAID_AGAIN = "doorward-challenge";
const RENAMED = "x-amzn-remapped-www-authenticate";

export const handler = async (event) => {
  const { response } = event.Records[0].cf;
  const { [SAID_AGAIN]: saidAgain, [RENAMED]: renamed, ...headers } = response.headers;
  const challenge = saidAgain ?? renamed;
  if (challenge) {
    headers["www-authenticate"] = challenge.map(({ value }) => ({ key: "WWW-Authenticate", value }));
  }
  return { ...response, headers };
};
