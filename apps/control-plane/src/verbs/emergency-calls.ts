import type { EmergencyAssessment, PlatformName } from "@atoms/playbook";
import type { EmergencyActed, EmergencyOrder } from "../emergency/acting.js";
import type { RecordSight } from "../emergency/look-at-record.js";
import type { Call } from "./verb.js";

type Ref = { playbook: string; platform?: PlatformName | undefined };

/** How the verbs of an emergency are called; apart from them, since asking must be quick. */
export const assessEmergencyCall: Call<Ref, EmergencyAssessment> = {
  name: "assess emergency",
  method: "GET",
  path: "/emergency",
};
export const readEmergencyRecordCall: Call<Ref & { withinMs: number }, RecordSight> = {
  name: "read emergency record",
  method: "GET",
  path: "/emergency/record",
};
export const actInEmergencyCall: Call<Ref & EmergencyOrder, EmergencyActed> = {
  name: "act in emergency",
  method: "POST",
  path: "/emergency/acts",
};
