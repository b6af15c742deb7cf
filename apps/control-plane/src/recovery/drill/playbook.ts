import type { PlaybookSettings } from "@atoms/playbook";
import { formatDuration, RecoveryDatabaseSettings } from "@atoms/playbook";

/** The variables that the playbook of a stage reads its addresses from. */
export const addressVariables = (index: number) => ({
  main: `ATOMS_DRILL_URL_${index}`,
  standby: `ATOMS_DRILL_STANDBY_URL_${index}`,
});
export const probeVariable = "ATOMS_DRILL_PROBE";

/** Stands in a section of a stage's playbook for what a variable of its environment holds. */
export const stageVariable = (name: string) => `\u0000{${name}}`;

/**
 * The playbook of a stage: what a recovery reads of the real one, on the local cloud, with other addresses, and nobody who
 * is told. It holds no secret.
 * @param of.standby The stage has a standby for each database. @param of.sections Of the scenario, beside or over the others.
 */
export function stagePlaybook(
  settings: PlaybookSettings,
  of: {
    databases: readonly string[];
    source: string;
    standby: boolean;
    sections?: Record<string, Record<string, unknown>>;
  },
): string {
  const { service, recovery, deadlines, validation } = settings;
  const names = of.databases.map((name, index) => ({ name, index }));
  const variable = stageVariable;
  const own: Record<string, unknown> = {
    version: 1,
    service: { name: service.name, kind: service.kind, source: of.source, health: service.health },
    platform: "local",
    ...(validation.probe_header === undefined
      ? {}
      : {
          validation: {
            probe_header: { name: validation.probe_header.name, value: variable(probeVariable) },
          },
        }),
    deadlines: {
      preflight: formatDuration(deadlines.preflight),
      deploy: formatDuration(deadlines.deploy),
      shift: formatDuration(deadlines.shift),
    },
    backup: {
      folder: "backups",
      databases: Object.fromEntries(
        names.map(({ name, index }) => [
          name,
          {
            url: variable(addressVariables(index).main),
            variable: settings.backup.databases[name]?.variable,
          },
        ]),
      ),
    },
    recovery: {
      databases: Object.fromEntries(
        names.map(({ name, index }) => {
          const { status, words, target } = recovery.databases[name] ?? RecoveryDatabaseSettings.parse({});
          const standby = of.standby ? { standby_url: variable(addressVariables(index).standby) } : {};
          return [name, { status, words, target, ...standby }];
        }),
      ),
      targets: {
        rto: formatDuration(recovery.targets.rto),
        rpo: formatDuration(recovery.targets.rpo),
      },
      deadline: formatDuration(recovery.deadline),
      settle: formatDuration(recovery.settle),
    },
  };
  const sections = Object.entries(of.sections ?? {}).map(([name, section]) => [
    name,
    { ...(own[name] as object | undefined), ...section },
  ]);
  const text = JSON.stringify({ ...own, ...Object.fromEntries(sections) }, null, 2);
  // What was written by people is no variable here, whatever it looks like.
  return text.replaceAll("${", "$${").replaceAll("\\u0000{", "${");
}
