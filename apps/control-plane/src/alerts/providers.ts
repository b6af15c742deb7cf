import {
  flags,
  longestLookMs,
  metrics,
  monitorsOf,
  type PlaybookSettings,
  type Provider,
  type Rule,
  rulesOf,
  type SeriesName,
  seriesOf,
  usualRules,
} from "@atoms/playbook";

/** What the playbook's monitors measure, as far as conditions can name it. */
export function providersOf(settings: PlaybookSettings): Provider[] {
  return monitorsOf(settings).map((monitor) => ({
    monitor: monitor.name,
    series: seriesOf(monitor).filter(isSeries),
    labels: { kind: monitor.settings.kind },
    everyMs: monitor.settings.interval,
    lookMs: longestLookMs(monitor),
  }));
}

/** The rules of a playbook: those that it writes, or the usual ones. */
export function alertRulesOf(settings: PlaybookSettings): Rule[] {
  const pages = settings.on_call !== undefined || Object.keys(settings.contacts).length > 0;
  return rulesOf(settings.alerts ?? usualRules(providersOf(settings), pages));
}

const isSeries = (name: string): name is SeriesName =>
  Object.hasOwn(metrics, name) || (flags as readonly string[]).includes(name);
