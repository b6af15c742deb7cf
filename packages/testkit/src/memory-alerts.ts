import { type Alert, AlertMoved, type AlertStore, isOpen, type Outbox, type Silence } from "@atoms/playbook";

/** Alerts and silences in memory, for tests; events and notices go to the outbox that is given. */
export function memoryAlerts(outbox: Outbox): AlertStore {
  const alerts = new Map<string, Alert>();
  const silences = new Map<string, Silence>();
  const evaluations = new Map<string, number>();
  let mark = 0;
  const down = (a: string, b: string) => (a < b ? 1 : -1);
  const isTaken = ({ id, service, environment, rule, series }: Alert) =>
    alerts.has(id) ||
    [...alerts.values()].some(
      (one) =>
        (one.state === "pending" || one.state === "firing") &&
        one.service === service &&
        one.environment === environment &&
        one.rule === rule &&
        one.series === series,
    );

  return {
    open: async (service, environment) =>
      structuredClone(
        [...alerts.values()]
          .filter((one) => one.service === service && one.environment === environment && isOpen(one))
          .sort((a, b) => a.activeAt - b.activeAt || down(b.id, a.id)),
      ),
    get: async (id) => structuredClone(alerts.get(id)),
    list: async ({ service, environment, state, limit }) =>
      structuredClone(
        [...alerts.values()]
          .filter(
            (one) =>
              (service === undefined || one.service === service) &&
              (environment === undefined || one.environment === environment) &&
              (state === undefined || one.state === state),
          )
          .sort((a, b) => b.activeAt - a.activeAt || down(a.id, b.id))
          .slice(0, limit),
      ),
    async commit(change) {
      const kept = new Map(alerts);
      try {
        for (const alert of change.alerts) {
          const { version } = alert;
          const moved =
            version === 1 && alert.state !== "passed"
              ? isTaken(alert)
              : alerts.get(alert.id)?.version !== version - 1;
          if (moved) throw new AlertMoved(alert.id);
          if (alert.state === "passed") alerts.delete(alert.id);
          else alerts.set(alert.id, structuredClone(alert));
        }
      } catch (error) {
        alerts.clear();
        for (const [id, alert] of kept) alerts.set(id, alert);
        throw error;
      }
      for (const silence of change.silences) {
        silences.set(silence.id, structuredClone(silence));
        mark += 1;
      }
      await outbox.put(change.notices, change.events);
    },
    silences: async (service, environment) =>
      structuredClone(
        [...silences.values()]
          .filter(
            (one) => one.service === service && one.environment === environment && one.endedAt === undefined,
          )
          .sort((a, b) => a.endsAt - b.endsAt || down(b.id, a.id)),
      ),
    silencesMark: async () => mark,
    pastSilences: async ({ service, environment, limit }) =>
      structuredClone(
        [...silences.values()]
          .filter((one) => one.service === service && one.environment === environment)
          .sort((a, b) => b.endsAt - a.endsAt || down(a.id, b.id))
          .slice(0, limit),
      ),
    async evaluated(service, environment, at) {
      const key = `${service}\n${environment}`;
      evaluations.set(key, Math.max(at, evaluations.get(key) ?? 0));
    },
    lastEvaluated: async (service, environment) => evaluations.get(`${service}\n${environment}`),
    getSilence: async (id) => structuredClone(silences.get(id)),
  };
}
