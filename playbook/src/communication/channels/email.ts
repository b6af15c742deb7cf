import { z } from "zod";
import { atMost, defineChannel, deliveryTimeoutMs, wordsOf } from "../channel.js";
import type { Notice } from "../ports.js";

/** Longer subjects are folded by servers, and read by nobody. */
const longestSubject = 150;

/**
 * Sends a letter: to the address that the notice names, or else to the receivers of the playbook. All letters of a
 * thread hang together in a mail reader.
 */
export const email = defineChannel({
  kind: "email",
  settings: z.strictObject({
    host: z.string().min(1),
    port: z.int(),
    security: z.enum(["starttls", "tls", "none"]),
    login: z.strictObject({ username: z.string().min(1), password: z.string().min(1) }).optional(),
    from: z.email(),
    to: z.array(z.email()).min(1),
  }),
  open: ({ from, to, ...server }) => ({
    async deliver(notice, { mail }, signal) {
      const { key, service, environment, thread, title, text, channel } = notice;
      const domain = from.slice(from.lastIndexOf("@") + 1);
      const idOf = (name: string) => `${name.replace(/[^A-Za-z0-9]+/g, ".")}@${domain}`;
      return mail.send(
        {
          from,
          to: isMailAddress(channel) ? [channel] : to,
          subject: atMost(subjectOf(title ?? text, `${service} ${environment}`), longestSubject),
          text: `${wordsOf(notice)}\n\n${footOf(notice)}\n`,
          messageId: idOf(key),
          ...(thread === undefined ? {} : { inReplyTo: idOf(`thread ${thread}`) }),
        },
        { ...server, timeoutMs: deliveryTimeoutMs },
        signal,
      );
    },
  }),
});

/** One line whatever the text: a line break in a subject would begin another header. */
const subjectOf = (text: string, where: string) =>
  `[${where}] ${text}`.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();

const footOf = ({ channel, service, environment, release }: Notice) =>
  [`For ${channel}`, `${service} in ${environment}`, ...(release === undefined ? [] : [release])].join(", ");

/** Whether a channel's name is an address to write to. */
export const isMailAddress = (channel: string) =>
  /^[^@\s<>,;:"()[\]\\\p{Cc}]+@[^@\s<>,;:"()[\]\\\p{Cc}]+\.[^@\s<>,;:"()[\]\\\p{Cc}]+$/u.test(channel);
