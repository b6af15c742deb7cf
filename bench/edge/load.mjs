// Sends requests over kept connections and measures each answer; a process of its own, so that it costs nobody else.
//   node load.mjs '{"port":1,"host":"a.localhost","connections":16,"requests":1000}'
// As fast as the answers come, or with "rate" so many a second whether or not earlier ones are answered. Ends after
// "requests" or "seconds" and prints one line of JSON: {requests, failed, seconds, p50, p99, arms}; times in ms.
import { connect } from "node:net";

const {
  port,
  host,
  connections,
  rate = 0,
  seconds = 60,
  requests = Number.POSITIVE_INFINITY,
} = JSON.parse(process.argv[2]);
const HEAD_END = Buffer.from("\r\n\r\n");
const taken = [];
const arms = {};
let sent = 0;
let failed = 0;
const began = performance.now();
let over = false;
const idle = [];
const due = [];

/** One connection with at most one request on it; an answer that is not 200 with a length is a failure. */
function open() {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let since = null;
  let kept = null;
  let missing = -1;
  const self = {
    send(from) {
      since = from;
      // Every request is another visitor, so that a split by visitor is seen.
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: bench-${sent++}\r\nAccept: */*\r\n\r\n`);
    },
    close: () => socket.destroy(),
  };
  socket.on("connect", () => ready(self));
  socket.on("data", (chunk) => {
    if (missing < 0) {
      kept = kept === null ? chunk : Buffer.concat([kept, chunk]);
      const end = kept.indexOf(HEAD_END);
      if (end < 0) return;
      const head = kept.latin1Slice(0, end);
      const length = /\r\ncontent-length: (\d+)/i.exec(head);
      if (!head.startsWith("HTTP/1.1 200 ") || length === null) return lost();
      const arm = /\r\nx-bench-arm: (\w+)/i.exec(head)?.[1] ?? "none";
      arms[arm] = (arms[arm] ?? 0) + 1;
      missing = Number(length[1]) - (kept.length - end - 4);
      kept = null;
    } else missing -= chunk.length;
    if (missing > 0) return;
    missing = -1;
    taken.push(performance.now() - since);
    since = null;
    ready(self);
  });
  const lost = () => {
    if (over) return;
    socket.destroy();
    if (since !== null) failed++;
    since = null;
    if (failed > 1_000) finish();
    else setTimeout(open, 20);
  };
  let closed = false;
  socket.on("error", () => undefined);
  socket.on("close", () => {
    if (!closed && since !== null) lost();
    closed = true;
    const at = idle.indexOf(self);
    if (at >= 0) {
      idle.splice(at, 1);
      if (!over) open();
    }
  });
  all.add(self);
}

function ready(self) {
  if (over) return;
  if (taken.length + failed >= requests) return finish();
  if (rate > 0) {
    const from = due.shift();
    if (from === undefined) idle.push(self);
    else self.send(from);
  } else if (sent < requests) self.send(performance.now());
}

function finish() {
  if (over) return;
  over = true;
  clearInterval(clockwork);
  const wall = (performance.now() - began) / 1_000;
  for (const one of all) one.close();
  taken.sort((a, b) => a - b);
  const at = (share) => taken[Math.min(taken.length - 1, Math.floor(taken.length * share))] ?? 0;
  console.log(
    JSON.stringify({ requests: taken.length, failed, seconds: wall, p50: at(0.5), p99: at(0.99), arms }),
  );
}

const all = new Set();
let planned = 0;
const clockwork = setInterval(() => {
  const now = performance.now();
  if (now - began > seconds * 1_000) return finish();
  if (rate === 0) return;
  // What no connection is free for waits, and its waiting counts.
  for (; planned < ((now - began) / 1_000) * rate; planned++) {
    const self = idle.shift();
    if (self) self.send(performance.now());
    else due.push(performance.now());
  }
}, 1);
for (let n = 0; n < connections; n++) open();
