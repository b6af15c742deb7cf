import { loudest, nameOf, newsText } from "./messages.js";
import type { Alert } from "./model.js";
import type { AlertNotice } from "./ports.js";
import { actionsOf, type Round } from "./round-input.js";

/**
 * Gathers news by the labels that alerts have in common, as Alertmanager does: a group that nobody was told of is told at
 * once, one that people know of after `group_interval`, and what only goes on after `repeat_every`. Who was told of an
 * alert hears of its end, whatever has been silenced meanwhile.
 */
export function tell(round: Round, alerts: readonly Alert[], notices: AlertNotice[]): void {
  const { now, settings } = round;
  const groups = new Map<string, Alert[]>();
  for (const alert of alerts) {
    if (alert.state !== "firing" && !(alert.state === "resolved" && alert.toldState === "firing")) continue;
    const key = JSON.stringify(settings.group_by.map((name) => alert.labels[name] ?? ""));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [alert]);
    else group.push(alert);
  }
  for (const group of groups.values()) {
    const firing = group.filter(({ state, quiet }) => state === "firing" && quiet === undefined);
    const over = group.filter(({ state }) => state === "resolved");
    const fresh = firing.filter(({ toldState }) => toldState !== "firing");
    const last = Math.max(...group.map(({ toldAt }) => toldAt ?? Number.NEGATIVE_INFINITY));
    const news = fresh.length > 0 || over.length > 0;
    const wait = news ? settings.group_interval : settings.repeat_every;
    // The end of everything in a group is not held back: nothing more can come that would be gathered with it.
    const allOver = over.length > 0 && !group.some(({ state }) => state === "firing");
    if (firing.length === 0 && over.length === 0) continue;
    if (now - last < wait && !allOver) continue;
    for (const alert of [...firing, ...over]) {
      alert.toldAt = now;
      alert.toldState = alert.state === "firing" ? "firing" : "resolved";
      alert.told += 1;
    }
    notices.push(...noticesOf(round, firing, over, !news));
  }
}

function noticesOf(
  round: Round,
  firing: readonly Alert[],
  over: readonly Alert[],
  repeat: boolean,
): AlertNotice[] {
  const { now, service, environment, rules, channelsOf } = round;
  const byChannel = new Map<string, Alert[]>();
  for (const alert of [...firing, ...over])
    for (const action of actionsOf(rules, alert.rule))
      for (const channel of channelsOf(action, alert.severity)) {
        const list = byChannel.get(channel) ?? [];
        byChannel.set(channel, list);
        if (!list.includes(alert)) list.push(alert);
      }
  return [...byChannel].map(([channel, all]): AlertNotice => {
    const open = all.filter(({ state }) => state === "firing");
    const done = all.filter(({ state }) => state !== "firing");
    // The group's oldest alert names the conversation; alone in its group it is its own.
    const first = [...all].sort((a, b) => a.activeAt - b.activeAt)[0] ?? all[0];
    const thread = first?.id ?? "";
    return {
      key: `${thread}/${first?.told ?? 0}/${now.toString(36)}/${channel}`,
      service,
      environment,
      channel,
      text: newsText(open, done, now, repeat),
      dueAt: now,
      thread,
      status: open.length > 0 ? "open" : "resolved",
      severity: loudest(all),
      title: `${[...new Set(all.map(nameOf))].slice(0, 3).join(", ")} (${service}, ${environment})`.slice(
        0,
        200,
      ),
    };
  });
}
