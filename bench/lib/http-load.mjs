// Two ways to put load on an address, both bounded in time. An answer that is not the expected one ends the measurement:
// refusals are quick, and would make a broken service look fast.
import { Agent, request } from "node:http";

const patienceMs = 10_000;

/**
 * A client with a fixed number of connections that stay open.
 * @param {string} base `http://host:port`
 * @param {number} connections
 */
export function openClient(base, connections) {
  const { hostname, port } = new URL(base);
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: "fifo" });
  return {
    /** @returns {Promise<string>} The body of an answer with status 200. */
    ask({ path, body, headers = {} }) {
      return new Promise((resolve, reject) => {
        const sent = request(
          {
            agent,
            hostname,
            port,
            path,
            method: body === undefined ? "GET" : "POST",
            headers: body === undefined ? headers : { ...headers, "content-length": Buffer.byteLength(body) },
            timeout: patienceMs,
          },
          (answer) => {
            const parts = [];
            answer.on("data", (part) => parts.push(part));
            answer.once("error", reject);
            answer.once("end", () => {
              const text = Buffer.concat(parts).toString();
              if (answer.statusCode === 200) resolve(text);
              else reject(new Error(`${path} answered ${answer.statusCode}: ${text.slice(0, 300)}`));
            });
          },
        );
        sent.once("timeout", () => sent.destroy(new Error(`${path} did not answer in ${patienceMs} ms`)));
        sent.once("error", reject);
        sent.end(body);
      });
    },
    close: () => agent.destroy(),
  };
}

/**
 * Each of some clients asks again as soon as it has its answer: how much the server can do.
 * @param {(client: number) => Promise<unknown>} ask
 * @returns {Promise<{ perSecond: number, times: number[] }>} Sorted milliseconds.
 */
export async function closedLoop(clients, ms, ask) {
  const times = [];
  const began = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      while (performance.now() - began < ms) {
        const sent = performance.now();
        await ask(client);
        times.push(performance.now() - sent);
      }
    }),
  );
  const perSecond = (1000 * times.length) / (performance.now() - began);
  return { perSecond, times: times.sort((a, b) => a - b) };
}

/**
 * Requests come at their own times, whether or not earlier ones are answered, as users do. Each is timed from when it was
 * due, so that a server that stalls pays for everybody who had to wait.
 * @param {(number: number) => Promise<unknown>} ask
 * @returns {Promise<number[]>} Sorted milliseconds.
 */
export async function openLoop(perSecond, ms, ask) {
  const count = Math.round((perSecond * ms) / 1000);
  const times = [];
  const pending = [];
  let failure;
  const began = performance.now();
  for (let number = 0; number < count && failure === undefined; ) {
    const due = began + (1000 * number) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      continue;
    }
    const answered = ask(number).then(
      () => times.push(performance.now() - due),
      (error) => {
        failure ??= error;
      },
    );
    pending.push(answered);
    number += 1;
  }
  await Promise.all(pending);
  if (failure !== undefined) throw failure;
  return times.sort((a, b) => a - b);
}

/** Nearest-rank quantile of sorted numbers. */
export function quantile(sorted, q) {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
}
