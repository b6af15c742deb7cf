import { createSocket } from "node:dgram";
import type { DnsRecord } from "@atoms/playbook";
import { AUTHORITATIVE_ANSWER, decode, encode } from "dns-packet";

/**
 * Answers questions for addresses and aliases on loopback, over UDP, with what is read at the moment of each question. It is there
 * for rehearsals: no name server for the public.
 * @param read Gives the records of a name; none when there is no such name.
 * @returns its address as `host:port`, and what ends it. @throws when it cannot listen.
 */
export async function startNameServer(
  read: (name: string) => Promise<readonly DnsRecord[]>,
): Promise<{ server: string; close(): Promise<void> }> {
  const socket = createSocket("udp4");
  socket.on("message", (message, from) => {
    void answerTo(message, read).then(
      (answer) => {
        if (answer !== undefined) socket.send(answer, from.port, from.address, () => undefined);
      },
      // No answer: whoever asks tries again, and then says that nobody answered.
      () => undefined,
    );
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, "127.0.0.1", () => {
      socket.off("error", reject);
      socket.on("error", () => undefined);
      resolve();
    });
  });
  return {
    server: `127.0.0.1:${socket.address().port}`,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** @returns undefined for what is no question. */
async function answerTo(
  message: Buffer,
  read: (name: string) => Promise<readonly DnsRecord[]>,
): Promise<Buffer | undefined> {
  const { id, type, questions } = decode(message);
  const [question] = questions;
  if (type !== "query" || question === undefined) return undefined;
  const records = await read(question.name);
  const said = records.filter((record) => record.type === question.type || record.type === "CNAME");
  return encode({
    id,
    type: "response",
    flags: AUTHORITATIVE_ANSWER,
    questions: [question],
    answers: said.map((record) => ({
      type: record.type,
      name: question.name,
      ttl: record.ttl,
      data: record.value,
    })),
  });
}
