// A client of the live feed that drops its connection every few events, by `ws` or as Server-Sent
// Events. Standard input: one line `URL TOKEN` for each server that it shall use from then on; its
// end: stop. Standard output: one line a sequence, `connected`, `bye N` and `run-end`.
//
//     node live_client.mjs websocket|sse DROP_AFTER PATH_OF_WS

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [kind, dropAfter, modules] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
let server = null;
let last = 0;

const say = (text) => process.stdout.write(text + "\n");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const [url, token] = line.split(" ");
    server = { url, token };
  })
  .on("close", () => process.exit(0));

// True when the connection is to be dropped.
function take(frame, seen) {
  if (frame.type === "event") {
    last = frame.event.seq;
    say(String(last));
    if (frame.event.type === "RunFinished") say("run-end");
    return seen.count++ + 1 >= dropAfter;
  }
  if (frame.type === "bye") say("bye " + frame.resume_after);
  return false;
}

function followWebSocket({ url, token }) {
  const WebSocket = createRequire(modules + "/")("ws");
  return new Promise((resolve) => {
    const seen = { count: 0 };
    const socket = new WebSocket(url.replace("http", "ws") + "/api/v1/live");
    let dropped = false;
    socket.on("open", () => {
      say("connected");
      // The token goes in the first frame, as from a page, which cannot set headers.
      socket.send(JSON.stringify({ type: "subscribe", after_seq: last, every_progress: true, token }));
    });
    socket.on("message", (data) => {
      if (!dropped && take(JSON.parse(data.toString()), seen)) {
        dropped = true;
        socket.terminate();
      }
    });
    socket.on("error", () => {});
    socket.on("close", resolve);
  });
}

async function followSse({ url, token }) {
  const abort = new AbortController();
  const seen = { count: 0 };
  const headers = { Authorization: "Bearer " + token, "Last-Event-ID": String(last) };
  const answer = await fetch(url + "/api/v1/live/sse?every_progress=true",
    { headers, signal: abort.signal });
  if (answer.status !== 200) throw new Error("status " + answer.status);
  say("connected");
  let text = "";
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
      const fields = Object.fromEntries(text.slice(0, end).split("\n").filter((line) => !line.startsWith(":"))
        .map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]));
      if (!fields.data) continue;
      const frame = JSON.parse(fields.data);
      if (frame.type !== fields.event) throw new Error("another name: " + fields.event);
      if (frame.type === "event" && String(frame.event.seq) !== fields.id) throw new Error("another id");
      if (take(frame, seen)) {
        abort.abort();
        return;
      }
    }
  }
}

for (;;) {
  if (server !== null) {
    try {
      await (kind === "sse" ? followSse(server) : followWebSocket(server));
    } catch {
      // The server is away, or has ended the connection.
    }
  }
  await pause(20);
}
