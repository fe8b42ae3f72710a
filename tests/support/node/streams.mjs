// The streaming helpers of OpenAI's own Node client; prints what they made of one question as one JSON object.
import OpenAI from "openai";

const [baseURL, model, question] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });

const messages = [{ role: "user", content: question }];
const completion = await client.chat.completions.stream({ model, messages }).finalContent();

const stream = client.responses.stream({ model, input: question });
const events = [];
for await (const event of stream) events.push(event.type);
const part = (await stream.finalResponse()).output.at(-1).content[0];

const cited = part.annotations.map((annotation) => annotation.filename);
console.log(JSON.stringify({ completion, events: [...new Set(events)], response: part.text, cited }));
