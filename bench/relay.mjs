// A relay as it is written with web streams in Node: it asks the source, reads its events and hands each piece of text on.
// It prints its port once it listens.
import { createServer } from "node:http";
import { Readable } from "node:stream";

const source = process.argv[2];

/** Cuts a stream of text into events and hands on what each says. */
function relay() {
  let rest = "";
  return new TransformStream({
    transform(text, out) {
      const blocks = (rest + text).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = block.startsWith("data: ") ? block.slice(6) : "[DONE]";
        if (data === "[DONE]") continue;
        const said = JSON.parse(data).choices[0]?.delta?.content;
        if (said) out.enqueue(`event: text\ndata: ${JSON.stringify({ text: said })}\n\n`);
      }
    },
  });
}

const server = createServer(async (_, answer) => {
  const asked = new AbortController();
  answer.on("close", () => asked.abort());
  try {
    const said = await fetch(source, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ stream: true }),
      signal: asked.signal,
    });
    answer.writeHead(200, { "content-type": "text/event-stream" });
    const events = said.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(relay())
      .pipeThrough(new TextEncoderStream());
    Readable.fromWeb(events).on("error", () => answer.destroy()).pipe(answer);
  } catch {
    answer.destroy();
  }
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
