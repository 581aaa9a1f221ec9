// Runs the edge function for each line of standard input: one response in CloudFront's event format.

import { createInterface } from "node:readline";
import { handler } from "../../infra/edge/index.mjs";

for await (const line of createInterface({ input: process.stdin })) {
  const response = JSON.parse(line);
  const changed = await handler({ Records: [{ cf: { response } }] });
  process.stdout.write(`${JSON.stringify(changed)}\n`);
}
