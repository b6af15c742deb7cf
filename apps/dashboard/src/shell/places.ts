import type { ComponentType } from "preact";
import { Overview } from "../pages/overview.js";
import { late } from "./late.js";

/** What a page is given. */
type PageProps = { name?: string; query: URLSearchParams };

type Others = typeof import("../pages/others.js");

/** A page of the dashboard; with a `key` it is in the navigation, and `g` then the key goes there. */
export type Place = {
  page: string;
  title: string;
  key?: string;
  /** A page that needs no other program than the dashboard's own. */
  first?: ComponentType;
  all?(of: Others): ComponentType<PageProps>;
  /** The page of one thing by its name. */
  one?(of: Others): ComponentType<PageProps & { name: string }>;
};

/** The other pages. */
export const others = late<Others>(() => import("../pages/others.js"));

/** Every page, in the order of the navigation. */
export const places: readonly Place[] = [
  { page: "", title: "Overview", key: "o", first: Overview },
  { page: "releases", title: "Releases", key: "r", all: (of) => of.Releases, one: (of) => of.ReleasePage },
  {
    page: "deployments",
    title: "Deployments",
    key: "d",
    all: (of) => of.Deployments,
    one: (of) => of.Deployment,
  },
  { page: "monitors", title: "Monitors", key: "m", all: (of) => of.Monitors, one: (of) => of.Monitor },
  { page: "alerts", title: "Alerts", key: "a", all: (of) => of.Alerts },
  {
    page: "incidents",
    title: "Incidents",
    key: "i",
    all: (of) => of.Incidents,
    one: (of) => of.IncidentRoom,
  },
  { page: "on-call", title: "On call", key: "c", all: (of) => of.OnCall },
  { page: "maintenance", title: "Maintenance", key: "w", all: (of) => of.MaintenancePage },
  { page: "emergency", title: "Emergency", key: "e", all: (of) => of.Emergency },
  { page: "backups", title: "Backups", key: "b", all: (of) => of.Backups },
  { page: "ledger", title: "Ledger", key: "l", all: (of) => of.Ledger },
  { page: "settings", title: "Settings", key: "s", all: (of) => of.Settings },
];
