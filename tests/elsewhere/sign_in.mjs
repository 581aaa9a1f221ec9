// A client of its own registers, its user signs in at the provider that the authorization server leads to, and the access token
// is printed.
//
//     node sign_in.mjs MCP_URL USERNAME

import { discovered, obtainToken } from "../scripts/bearer.mjs";

const [url, username] = process.argv.slice(2);
const { metadata } = await discovered(new URL(url));
console.log(await obtainToken(metadata, username, "any"));
