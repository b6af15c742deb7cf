import type { ComponentType } from "preact";
import { Alerts } from "../pages/alerts.js";
import { Backups } from "../pages/backups.js";
import { Deployment } from "../pages/deployment.js";
import { Deployments } from "../pages/deployments.js";
import { Emergency } from "../pages/emergency.js";
import { IncidentRoom } from "../pages/incident.js";
import { Incidents } from "../pages/incidents.js";
import { Ledger } from "../pages/ledger.js";
import { MaintenancePage } from "../pages/maintenance.js";
import { Monitor } from "../pages/monitor.js";
import { Monitors } from "../pages/monitors.js";
import { OnCall } from "../pages/on-call.js";
import { Overview } from "../pages/overview.js";
import { ReleasePage } from "../pages/release/release-page.js";
import { Releases } from "../pages/releases.js";
import { Settings } from "../pages/settings.js";

/** What a page is given. */
export type PageProps = { name?: string; query: URLSearchParams };

/** A page of the dashboard; with a `key` it is in the navigation, and `g` then the key goes there. */
export type Place = {
  page: string;
  title: string;
  key?: string;
  all: ComponentType<PageProps>;
  /** The page of one thing by its name. */
  one?: ComponentType<PageProps & { name: string }>;
};

/** Every page, in the order of the navigation. */
export const places: readonly Place[] = [
  { page: "", title: "Overview", key: "o", all: Overview },
  { page: "releases", title: "Releases", key: "r", all: Releases, one: ReleasePage },
  { page: "deployments", title: "Deployments", key: "d", all: Deployments, one: Deployment },
  { page: "monitors", title: "Monitors", key: "m", all: Monitors, one: Monitor },
  { page: "alerts", title: "Alerts", key: "a", all: Alerts },
  { page: "incidents", title: "Incidents", key: "i", all: Incidents, one: IncidentRoom },
  { page: "on-call", title: "On call", key: "c", all: OnCall },
  { page: "maintenance", title: "Maintenance", key: "w", all: MaintenancePage },
  { page: "emergency", title: "Emergency", key: "e", all: Emergency },
  { page: "backups", title: "Backups", key: "b", all: Backups },
  { page: "ledger", title: "Ledger", key: "l", all: Ledger },
  { page: "settings", title: "Settings", key: "s", all: Settings },
];
