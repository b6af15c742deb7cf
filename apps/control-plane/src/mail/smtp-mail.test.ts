import { createServer, type Server, type Socket } from "node:net";
import type { Letter, MailServer } from "@atoms/playbook";
import { afterEach, describe, expect, it } from "vitest";
import { certificate, mailServer } from "./mail-server.world.js";
import { smtpMail } from "./smtp-mail.js";

const letter: Letter = {
  from: "atoms@example.com",
  to: ["ana@example.com", "ben@example.com"],
  subject: "[shop] down",
  text: "All of it is down.\n",
  messageId: "page.1@example.com",
  inReplyTo: "thread.page.1@example.com",
};
const login = { username: "atoms", password: "right" };
const server = (port: number, change: Partial<MailServer> = {}): MailServer => ({
  host: "localhost",
  port,
  security: "starttls",
  timeoutMs: 5_000,
  ...change,
});
const trusting = smtpMail({ ca: certificate });

let closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
});
const open = async (options: Parameters<typeof mailServer>[0] = {}) => {
  const opened = await mailServer(options);
  closing.push(opened.close);
  return opened;
};

describe("a letter", () => {
  it("arrives over an encrypted connection, in its thread", async () => {
    const { port, letters } = await open();
    expect(await trusting.send(letter, server(port))).toEqual({
      sent: true,
      saw: "status 250, 2 accepted, 0 refused",
    });
    expect(letters).toMatchObject([
      { from: "atoms@example.com", to: ["ana@example.com", "ben@example.com"], encrypted: true },
    ]);
    const raw = letters[0]?.raw ?? "";
    expect(raw).toContain("Subject: [shop] down\r\n");
    expect(raw).toContain("Message-ID: <page.1@example.com>\r\n");
    expect(raw).toContain("References: <thread.page.1@example.com>\r\n");
    expect(raw).toContain("Auto-Submitted: auto-generated\r\n");
  });

  it("arrives over a connection that is encrypted from the start", async () => {
    const { port, letters } = await open({ secure: true });
    expect(await trusting.send(letter, server(port, { security: "tls" }))).toMatchObject({ sent: true });
    expect(letters[0]?.encrypted).toBe(true);
  });

  it("is sent in plain text only where that was asked for", async () => {
    const { port, letters } = await open({ hideSTARTTLS: true, disabledCommands: ["STARTTLS"] });
    expect(await trusting.send(letter, server(port, { security: "none" }))).toMatchObject({ sent: true });
    expect(letters[0]?.encrypted).toBe(false);
  });

  it("comes with the login", async () => {
    const { port, letters } = await open({ authOptional: false });
    expect(await trusting.send(letter, server(port, { login }))).toMatchObject({ sent: true });
    expect(letters[0]?.user).toBe("atoms");
  });

  it("has no header but its own, whatever its words", async () => {
    const { port, letters } = await open();
    const evil = "x\r\nBcc: everybody@example.com\r\n\r\nanother";
    await trusting.send({ ...letter, subject: evil, inReplyTo: evil, messageId: evil }, server(port));
    expect(letters[0]?.to).toEqual(letter.to);
    const head = letters[0]?.raw.split("\r\n\r\n")[0] ?? "";
    expect(head).not.toMatch(/^Bcc:/m);
  });
});

describe("a mail server that does not take it", () => {
  const refusing = (responseCode: number) => ({
    onRcptTo: (_address: unknown, _session: unknown, done: (error?: Error) => void) =>
      done(Object.assign(new Error(`ask postmaster about secret-word`), { responseCode })),
  });

  it.each([
    {
      given: "no encryption",
      options: { hideSTARTTLS: true, disabledCommands: ["STARTTLS"] },
      because: /offers no encryption/,
      retry: false,
    },
    {
      given: "a wrong password",
      options: {},
      change: { login: { username: "atoms", password: "wrong-word" } },
      because: /^the mail server refused the login with 535$/,
      retry: false,
    },
    { given: "550", options: refusing(550), because: /^the mail server answered 550/, retry: false },
    { given: "451", options: refusing(451), because: /^the mail server answered 451/, retry: true },
  ])("$given", async ({ options, change = {}, because, retry }) => {
    const { port, letters } = await open(options as Parameters<typeof mailServer>[0]);
    const attempt = await trusting.send(letter, server(port, change));
    expect(attempt).toMatchObject({ sent: false, retry, because: expect.stringMatching(because) });
    for (const secret of ["wrong-word", "secret-word", "localhost", String(port)])
      expect(JSON.stringify(attempt)).not.toContain(secret);
    expect(letters).toEqual([]);
  });

  it("a certificate that nobody vouches for: the password is not sent", async () => {
    const { port, letters } = await open({ authOptional: false });
    expect(await smtpMail().send(letter, server(port, { login }))).toMatchObject({
      sent: false,
      retry: false,
      because: expect.stringMatching(/certificate|encryption/),
    });
    expect(letters).toEqual([]);
  });

  it("refuses one of two receivers: the other has it, and it is said", async () => {
    const { port, letters } = await open({
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith("ben") ? Object.assign(new Error("gone"), { responseCode: 550 }) : null),
    });
    expect(await trusting.send(letter, server(port))).toMatchObject({
      sent: true,
      because: "the mail server refused 1 of 2 receivers",
    });
    expect(letters[0]?.to).toEqual(["ana@example.com"]);
  });

  const listening = async (on: (socket: Socket) => void): Promise<number> => {
    const sockets = new Set<Socket>();
    const raw: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      on(socket);
    });
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      raw.close();
    });
    await new Promise<void>((done) => raw.listen(0, "127.0.0.1", done));
    return (raw.address() as { port: number }).port;
  };

  it.each([
    { given: "hangs", on: () => undefined, because: /did not answer/ },
    { given: "hangs up", on: (socket: Socket) => socket.destroy(), because: /did not answer: cut/ },
    {
      given: "is none",
      on: (socket: Socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
      because: /mail server/,
    },
  ])("one that $given", async ({ on, because }) => {
    const port = await listening(on);
    expect(await trusting.send(letter, server(port, { host: "127.0.0.1", timeoutMs: 500 }))).toMatchObject({
      sent: false,
      because: expect.stringMatching(because),
    });
  });

  it("a port where nobody listens, and a stop in the middle", async () => {
    expect(await trusting.send(letter, server(1, { host: "127.0.0.1" }))).toMatchObject({
      sent: false,
      retry: true,
      silent: true,
      because: "the mail server did not answer: refused",
    });
    const port = await listening(() => undefined);
    const stop = new AbortController();
    const sending = trusting.send(letter, server(port, { host: "127.0.0.1" }), stop.signal);
    stop.abort();
    expect(await sending).toMatchObject({ sent: false, retry: true });
  });
});
