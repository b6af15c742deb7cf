import type { NoticeRecord } from "@atoms/playbook";
import { z } from "zod";
import { defineVerb } from "./verb.js";

/** Notices of a release and what became of them. */
export const listNotices = defineVerb({
  name: "list notices",
  method: "GET",
  path: "/notices",
  summary: "List notices and whether they were delivered",
  input: z.strictObject({ release: z.string().optional(), limit: z.int().min(1).max(1_000).default(100) }),
  async run(plane, input): Promise<NoticeRecord[]> {
    const { outbox } = await plane.store();
    return outbox.list({
      limit: input.limit,
      ...(input.release === undefined ? {} : { release: input.release }),
    });
  },
});
