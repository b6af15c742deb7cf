import { type NoticeRecord, noDeadNotice } from "@atoms/playbook";
import { z } from "zod";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** Notices and what became of them. */
export const listNotices = defineVerb({
  name: "list notices",
  method: "GET",
  role: "viewer",
  path: "/notices",
  summary: "List notices and whether they were delivered",
  input: z.strictObject({
    release: z.string().optional(),
    state: z.enum(["waiting", "sent", "dead", "cancelled", "superseded"]).optional(),
    newest: z.boolean().default(false).describe("Those that were due last, first."),
    limit: z.int().min(1).max(1_000).default(100),
  }),
  async run(plane, { release, state, newest, limit }): Promise<NoticeRecord[]> {
    const { outbox } = await plane.store();
    return outbox.list({
      limit,
      newest,
      ...(release === undefined ? {} : { release }),
      ...(state === undefined ? {} : { state }),
    });
  },
});

/** Has notices tried again that were given up. */
export const retryNotices = defineVerb({
  name: "retry notices",
  method: "POST",
  role: "operator",
  path: "/notices/retry",
  summary: "Try undelivered notices again",
  input: z.strictObject({
    ...playbookRef,
    notices: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe("By key; all that were given up when left out."),
  }),
  async run(plane, input, actor): Promise<NoticeRecord[]> {
    // Without the playbook nobody knows where they are to go; without the engine nobody sends them.
    await plane.open(input);
    await plane.engine();
    const { outbox } = await plane.store();
    if (input.notices !== undefined) {
      const dead = new Set((await outbox.list({ state: "dead", limit: 10_000 })).map(({ key }) => key));
      const unknown = input.notices.find((key) => !dead.has(key));
      if (unknown !== undefined) throw noDeadNotice({ notice: unknown });
    }
    return outbox.retry(input.notices, plane.clock.now(), actor);
  },
});
