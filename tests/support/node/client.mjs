// OpenAI's own Node client against the gateway whose address is given; prints what came as one JSON object.
import OpenAI, { toFile } from "openai";

const client = new OpenAI({ baseURL: process.argv[2], apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: "When does the office open?" }];
const found = {};

const names = [];
for await (const model of client.models.list()) names.push(model.id);
found.models = names;

const whole = await client.chat.completions.create({ model: "assisted", messages });
found.completion = whole.choices[0].message.content;

found.streamed = await client.chat.completions.stream({ model: "assisted", messages }).finalContent();
found.plain = await client.chat.completions.stream({ model: "writer", messages }).finalContent();

const tools = [{ type: "file_search", vector_store_ids: ["handbook"] }];
const events = [];
const response = client.responses.stream({ model: "writer", input: messages[0].content, tools });
for await (const event of response) events.push(event.type);
const final = await response.finalResponse();
found.events = [...new Set(events)];
found.citation = final.output.at(-1).content[0].annotations[0].filename;

found.dimension = (await client.embeddings.create({ model: "vectors", input: "cats" })).data[0].embedding.length;

const results = [];
for await (const result of client.vectorStores.search("handbook", { query: "cats" })) results.push(result.filename);
found.search = results[0];

const file = await client.files.create({ file: await toFile(Buffer.from("# Guide"), "guide.md"), purpose: "assistants" });
found.file = (await client.files.retrieve(file.id)).filename;
found.attached = (await client.vectorStores.files.create("handbook", { file_id: file.id })).status;

found.missing = await client.models.retrieve("nothing").catch((error) => [error.status, error.param]);

console.log(JSON.stringify(found));
