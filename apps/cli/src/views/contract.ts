import type { checkContract } from "@atoms/control-plane";
import { changeText } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { howLong } from "./words.js";

/** A comparison of two contracts for people: every change with its class, then what it comes to. */
export function contractText(found: Awaited<ReturnType<typeof checkContract>>, paint: Paint): string {
  const { compared, before, after, asks, fails, findings } = found;
  const lines = [`${before.deployment ?? before.address} → ${after.deployment ?? after.address}`];
  const missing = compared.nothing ?? compared.unread;
  if (missing !== undefined) {
    lines.push(
      compared.unread === undefined
        ? `Nothing to compare: ${missing}.`
        : paint.red(`Could not be compared: ${missing}.`),
    );
    return lines.join("\n");
  }
  const outcomes = new Map(findings.map((one) => [one.evidence?.["class"], one.outcome]));
  for (const change of compared.changes) {
    const outcome = outcomes.get(change.class) ?? "pass";
    const mark = {
      pass: paint.dim("·"),
      warn: paint.yellow("!"),
      fail: paint.red("✗"),
      error: paint.red("?"),
    }[outcome];
    lines.push(`${mark} ${change.class.padEnd(10)} ${changeText(change)}`);
  }
  const { ttlMs, tools } = compared;
  lines.push("", `${tools.stable} tools before, ${tools.candidate} after.`);
  if (ttlMs.stable !== null)
    lines.push(`Clients may keep the old list for ${howLong(ttlMs.stable)} after a switch (ttlMs).`);
  if (fails.length > 0)
    lines.push(paint.red(`A release would fail: ${fails.length} of the changes may not be made.`));
  else if (asks.length > 0)
    lines.push(paint.yellow(`A release would wait for a person to approve ${asks.length} of the changes.`));
  else lines.push(paint.green("A release would go on."));
  return lines.join("\n");
}
