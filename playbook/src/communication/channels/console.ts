import { z } from "zod";
import { defineChannel, wordsOf } from "../channel.js";

/** Prints one line. Control characters are taken out, so that a text can neither break the line nor steer a terminal. */
export const consoleChannel = defineChannel({
  kind: "console",
  settings: z.strictObject({}),
  open: () => ({
    async deliver(notice, { print }) {
      print(`${notice.channel}  ${wordsOf(notice)}`.replace(/\p{Cc}+/gu, " "));
      return { sent: true, saw: "printed" };
    },
  }),
});
