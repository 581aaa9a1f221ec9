// Lambda@Edge function for origin responses: restores the name of the WWW-Authenticate header.
//
// Function URLs rename this header. Without it, MCP clients cannot find the authorization server. So the functions
// send a copy of it, as Doorward-Challenge. CloudFront Functions are no alternative: they do not run on a 401.

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
