import type { Release } from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane } from "./control-plane.js";

const Members = z.array(z.array(z.object({ service: z.string(), release: z.string() })));

/** A member of a group's release, and how its own release stands; `release` is undefined while it waits for its turn. */
export type GroupMember = { service: string; id: string; stage: number; release?: Release };

/** The members of a group's release in the order they are released, as its first ledger entry names them. */
export async function membersOf(plane: ControlPlane, group: Release): Promise<GroupMember[]> {
  const { ledger, releases } = await plane.store();
  const [started] = await ledger.read({ release: group.id, kind: "release.started", limit: 1 });
  const read = Members.safeParse(started?.data["members"]);
  if (!read.success) return [];
  const named = read.data.flatMap((stage, i) => stage.map((member) => ({ ...member, stage: i + 1 })));
  return Promise.all(
    named.map(async ({ service, release: id, stage }): Promise<GroupMember> => {
      const release = await releases.get(id);
      return { service, id, stage, ...(release === undefined ? {} : { release }) };
    }),
  );
}
