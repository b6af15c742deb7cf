import {
  type Actor,
  deliveryNotUnderstood,
  judgeBuild,
  type LedgerEvent,
  movedByAtoms,
} from "@atoms/playbook";
import { deploymentEventPayload, gitOf, rollbackEventPayload, type WebhookDelivery } from "@atoms/vercel";
import type { z } from "zod";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import { startTrigger } from "./trigger.js";

/** The platform's words that are taken; a webhook is made for these. */
export const takenEvents = [
  "deployment.created",
  "deployment.ready",
  "deployment.succeeded",
  "deployment.error",
  "deployment.canceled",
  "deployment.promoted",
  "deployment.rollback",
] as const;

/** What became of a delivery. */
export type Taken = { is: "written down" | "released" | "known" | "not ours" | "not taken" };

/** What the platform did of its own accord, or for somebody who is not named here. */
const thePlatform: Actor = { kind: "token", name: "vercel webhook", via: "api" };

/**
 * Takes one delivery: writes down what was done outside Atoms, and begins a release where the playbook says so. Taking it
 * again comes to nothing new, whatever became of the first time.
 * @throws ATM-964 when it is not what it should be; whatever keeps the store or the platform from answering.
 */
export async function takeDelivery(
  plane: ControlPlane,
  own: PlaybookRef,
  delivery: WebhookDelivery,
): Promise<Taken> {
  const { type } = delivery;
  if (!takenEvents.some((one) => one === type)) return { is: "not taken" };
  const open = await plane.open(own);
  const platform = await open.platform({ start: false });
  const project = await platform.projectId(AbortSignal.timeout(10_000));
  const { payload } = delivery;
  if (type === "deployment.rollback") {
    const told = understood(rollbackEventPayload, payload);
    if (told.project.id !== project) return { is: "not ours" };
    const data = { what: "rolled back", deployment: told.toDeploymentId, from: told.fromDeploymentId };
    return production(plane, open, delivery, data);
  }
  const told = understood(deploymentEventPayload, payload);
  if (told.project.id !== project) return { is: "not ours" };
  const { id: deployment, meta, url } = told.deployment;
  if (type === "deployment.promoted")
    return production(plane, open, delivery, { what: "promoted", deployment });
  const { atomsReleaseId: written } = meta;
  const release = typeof written === "string" && written !== "" ? written : undefined;
  const { releases, ledger } = await plane.store();
  const isOurs = release !== undefined && (await releases.get(release)) !== undefined;
  const git = gitOf(meta);
  const isForProduction = told.target === "production";
  const news = { type, deployment, production: isForProduction, ...git, ...(release && { release }) };
  const move = judgeBuild(news, isOurs, open.settings.triggers.vercel);
  if (move.record === null) return { is: "known" };
  await ledger.append([
    {
      ...about(open, delivery),
      key: `outside/${open.service}/${open.environment}/${deployment}/${move.record}`,
      kind: "outside.deployment",
      data: {
        what: move.record,
        deployment,
        url,
        for: isForProduction ? "production" : "preview",
        ...git,
        ...(release && { release }),
      },
    },
  ]);
  if (!move.release) return { is: "written down" };
  await startTrigger(plane, open, own, { deployment, delivery: delivery.id });
  return { is: "released" };
}

/** Production was moved: by Atoms, which has told of it itself, or by somebody else. */
async function production(
  plane: ControlPlane,
  open: OpenPlaybook,
  delivery: WebhookDelivery,
  data: LedgerEvent["data"],
): Promise<Taken> {
  const { releases, ledger } = await plane.store();
  const { service, environment } = open;
  const [recent, newest] = await Promise.all([
    releases.list({ service, environment, limit: 20 }),
    ledger.read({ environment, last: true, limit: 200 }),
  ]);
  const acts = newest.filter(({ kind }) => kind.startsWith("emergency.")).map(({ at }) => at);
  if (movedByAtoms(delivery.createdAt, recent, acts)) return { is: "known" };
  await ledger.append([
    { ...about(open, delivery), key: `outside/${delivery.id}`, kind: "outside.production", data },
  ]);
  return { is: "written down" };
}

const about = ({ service, environment }: OpenPlaybook, { createdAt }: WebhookDelivery) => ({
  at: createdAt,
  actor: thePlatform,
  service,
  environment,
});

function understood<S extends z.ZodType>(schema: S, payload: unknown): z.infer<S> {
  const read = schema.safeParse(payload);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw deliveryNotUnderstood({ because: `payload.${issue?.path.join(".")}: ${issue?.message}` });
}
