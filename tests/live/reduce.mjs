// Reads a list of streams (lists of events) and writes what the browser's reducer makes of each.
import { text } from "node:stream/consumers";
import { applyEvent } from "../../static/app/lib/reduce.js";

const streams = JSON.parse(await text(process.stdin));
const outputs = streams.map((events) => {
  const output = [];
  for (const event of events) applyEvent(output, event);
  return output;
});
process.stdout.write(JSON.stringify(outputs));
