import { z } from "zod";

const Member = z
  .string()
  .regex(/^[^/\\\s][^/\\]*\.ya?ml$/, {
    error: "expected the name of a playbook beside this file, such as shop.yaml",
  })
  .describe("A playbook beside this file.");

/** A group file: which services are released as one, and in what order. Unknown keys are mistakes. */
export const GroupSettings = z
  .strictObject({
    version: z
      .literal(1, { error: "expected version: 1, the only version of the group's format so far" })
      .describe("Version of this file's format."),
    group: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/, {
        error: "expected a name of small letters, digits and dashes, such as storefront",
      })
      .describe("Name of the group; no service may have it."),
    order: z
      .array(
        z.union([Member, z.array(Member).min(1).max(20)], {
          error:
            "expected a playbook such as shop.yaml, or a list of those that are released at the same time",
        }),
      )
      .min(1, "expected at least one playbook")
      .max(50)
      .describe(
        "Playbooks in the order they are released; a list within the list is released at the same time.",
      ),
  })
  .superRefine(({ order }, context) => {
    const all = order.flat();
    const twice = all.find((name, i) => all.indexOf(name) !== i);
    if (twice !== undefined)
      context.addIssue({ code: "custom", path: ["order"], message: `${twice} is named twice` });
  });
export type GroupSettings = z.output<typeof GroupSettings>;

/** The stages of a group: each is released at once, one stage after the other. */
export const stagesOf = ({ order }: GroupSettings): string[][] =>
  order.map((stage) => (Array.isArray(stage) ? stage : [stage]));
