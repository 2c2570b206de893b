// A program with the official client for Node: streams an answer, and prints its events, one JSON object a line.
import OpenAI from "openai";

const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const say = (event) => console.log(JSON.stringify(event));

const stream = await client.responses.create({
    model: "demo",
    input: "Write me a very long story",
    background: true,
    stream: true,
});
let id, cursor;
for await (const event of stream) {
    say(event);
    id ??= event.response.id;
    cursor = event.sequence_number;
    if (cursor === 10) break;
}
for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: cursor })) say(event);
try {
    await client.responses.create({ model: "demo", input: "Hello", previous_response_id: "resp_nothing" });
} catch (error) {
    say({ type: "refused", status: error.status, code: error.code, param: error.param, request: error.requestID });
}
