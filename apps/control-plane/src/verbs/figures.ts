import { type DeliveryFigures, figuresOf } from "@atoms/playbook/report";
import { z } from "zod";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** Releases and entries that are looked at, at most: the newest. */
const most = 1_000;

/** How the service is delivered: how often, how long from commit to users, how many taken back, how soon. */
export const deliveryFigures = defineVerb({
  name: "delivery figures",
  method: "GET",
  role: "viewer",
  path: "/figures",
  summary: "Reckon how the service is delivered, by the figures of DORA",
  input: z.strictObject({ ...playbookRef, days: z.int().min(1).max(365).default(30) }),
  async run(plane, input): Promise<DeliveryFigures> {
    const { service, environment } = await plane.open(input);
    const { releases, ledger } = await plane.store();
    const until = plane.clock.now();
    const from = until - input.days * 86_400_000;
    const entriesOf = (kind: string) => ledger.read({ environment, kind, last: true, limit: most });
    const [all, started, shifted, shifting] = await Promise.all([
      releases.list({ service, environment, limit: most }),
      entriesOf("release.started"),
      entriesOf("traffic.shifted"),
      entriesOf("traffic.shifting"),
    ]);
    const committedAt = new Map(
      started.flatMap(({ release, data }) =>
        release !== undefined && typeof data["committedAt"] === "number"
          ? [[release, data["committedAt"]]]
          : [],
      ),
    );
    const shiftedAt = new Map<string, number>();
    for (const { release, at } of [...shifted, ...shifting])
      if (release !== undefined) shiftedAt.set(release, Math.min(at, shiftedAt.get(release) ?? at));
    const facts = all
      .filter(({ startedAt }) => startedAt >= from)
      .map((release) => ({
        release,
        committedAt: committedAt.get(release.id),
        shiftedAt: shiftedAt.get(release.id),
      }));
    return figuresOf(facts, from, until);
  },
});
