import { z } from "zod";
import { PositiveDuration } from "../terms/index.js";

const day = 86_400_000;
const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\s\p{Cc}][^\p{Cc}]*$/u, { error: "expected one line of text" });
const monitorNames = z.array(z.string().min(1)).max(50);

/** Something that users know by a name of its own. */
const PublicComponentSettings = z.strictObject({
  name: line(80).describe("What users call it. Everybody reads it, as they read `about`."),
  about: line(300).optional().describe("What it is, in a line."),
  monitors: monitorNames
    .min(1)
    .describe(
      "Names of the monitors that watch it: it is down when all of them are, degraded when some are.",
    ),
  degraded_by: monitorNames
    .default([])
    .describe("Names of monitors that at the worst make it degraded, such as one for its speed."),
});

/** The page that tells everybody how the service is. */
export const StatusPageSettings = z.strictObject({
  title: line(80)
    .meta({ examples: ["Shop status"] })
    .describe("Title of the page."),
  about: line(300).optional().describe("A line under the title."),
  support: z
    .url({ protocol: /^https?$/, error: "expected an address that begins with https://" })
    .max(500)
    .optional()
    .describe("Where those who need help find it; a link of the page."),
  components: z
    .array(PublicComponentSettings)
    .min(1)
    .max(50)
    .describe("What the page tells of, in its order."),
  history: PositiveDuration.refine((ms) => ms <= 90 * day, { error: "expected 90d at the most" })
    .default(15 * day)
    .describe("For how long an incident that is over stays on the page."),
});
export type StatusPageSettings = z.output<typeof StatusPageSettings>;

/** Rules between its settings and the monitors there are. @param monitors Names of the playbook's monitors. */
export function statusPageMistakes(
  { components }: StatusPageSettings,
  monitors: readonly string[],
): { path: (string | number)[]; message: string }[] {
  const known = monitors.length === 0 ? "there are none" : `there are ${monitors.join(", ")}`;
  return components.flatMap((component, i) => [
    ...(components.findIndex(({ name }) => name === component.name) === i
      ? []
      : [
          {
            path: ["status_page", "components", i, "name"],
            message: `is the name of an earlier component: ${component.name}`,
          },
        ]),
    ...(["monitors", "degraded_by"] as const).flatMap((list) =>
      component[list].flatMap((name, j) =>
        monitors.includes(name)
          ? []
          : [{ path: ["status_page", "components", i, list, j], message: `is no monitor here: ${known}` }],
      ),
    ),
  ]);
}
