import type { EmergencyAssessment } from "@atoms/playbook";
import { z } from "zod";
import {
  actThroughStore,
  type EmergencyActed,
  lookAtEmergency,
  lookAtRecord,
  orderShape,
  type RecordSight,
  usualLookMs,
} from "../emergency/index.js";
import { actInEmergencyCall, assessEmergencyCall, readEmergencyRecordCall } from "./emergency-calls.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** Says in seconds what is wrong, what changed, what most likely did it, and what can be done. Changes nothing. */
export const assessEmergency = defineVerb({
  ...assessEmergencyCall,
  role: "viewer",
  summary: "Say what is wrong, what changed, and what most likely did it",
  input: z.strictObject({ ...playbookRef }),
  async run(plane, input): Promise<EmergencyAssessment> {
    return lookAtEmergency(plane, await plane.open(input));
  },
});

/** The part of that which the store knows; whoever asks looks at the platform itself. */
export const readEmergencyRecord = defineVerb({
  ...readEmergencyRecordCall,
  role: "viewer",
  summary: "Say what the store knows of an emergency, each part by itself",
  input: z.strictObject({
    ...playbookRef,
    withinMs: z
      .number()
      .min(100)
      .max(60_000)
      .default(usualLookMs)
      .describe("Milliseconds that each part may take."),
  }),
  async run(plane, input): Promise<RecordSight> {
    return lookAtRecord(plane, await plane.open(input), input.withinMs);
  },
});

/** Does one of the things that an emergency may need. */
export const actInEmergency = defineVerb({
  ...actInEmergencyCall,
  role: "operator",
  summary: "Do what an emergency needs: roll back, freeze releases, and so on",
  input: z.strictObject({ ...playbookRef, ...orderShape }),
  async run(plane, { playbook, platform, ...order }, actor): Promise<EmergencyActed> {
    const ref = { playbook, ...(platform === undefined ? {} : { platform }) };
    return actThroughStore(plane, await plane.open(ref), ref, order, actor);
  },
});
