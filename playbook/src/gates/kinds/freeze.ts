import { timeText } from "../../terms/index.js";
import type { AskedAt, Gate, GateAnswer, GateSubject } from "../model.js";
import { frozen } from "../problems.js";
import type { GateSettings } from "../settings.js";
import { type FreezeWindow, freezeAt, readTime } from "../windows.js";
import { goPast, waitOrRefuse } from "./wait-or-refuse.js";

/** The windows of the playbook, ready to use. */
export function freezeWindows({ time_zone, windows }: GateSettings["freeze"]): FreezeWindow[] {
  return windows.flatMap(({ name, from, to, time_zone: own, reason }) => {
    const [begins, ends] = [readTime(from), readTime(to)];
    if (begins === undefined || ends === undefined) return [];
    return [
      {
        name,
        zone: own ?? time_zone,
        from: begins,
        to: ends,
        ...(reason === undefined ? {} : { reason }),
      },
    ];
  });
}

/** No release starts or shifts traffic in a freeze window. */
export function freezeGate(settings: GateSettings["freeze"], { overrides }: GateSubject): Gate | undefined {
  const windows = freezeWindows(settings);
  if (windows.length === 0) return undefined;
  const judge = (at: AskedAt): GateAnswer => {
    const shut = freezeAt(windows, at.now);
    if (shut === undefined) return { is: "open", because: "no freeze" };
    const { freeze, opensAt } = shut;
    const { name, reason, zone } = freeze.window;
    const end = opensAt === undefined ? "" : `, until ${timeText(opensAt)}`;
    const because = `the freeze ${name} (${zone}) lasts${end}${reason === undefined ? "" : `: ${reason}`}`;
    return waitOrRefuse(at, settings.hold, {
      because,
      opensAt: opensAt ?? "never",
      problem: (waited) => frozen({ because: capital(because), opensAt, waited }),
    });
  };
  const ask = async (_ports: unknown, at: AskedAt) => goPast(judge(at), overrides.freeze);
  return {
    id: "freeze",
    says: `no freeze window (${windows.map(({ name }) => name).join(", ")})`,
    everyMs: 60_000,
    waitMs: settings.hold,
    final: false,
    ask,
    look: ask,
  };
}

const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
