import type { ComponentType } from "preact";
import { Overview } from "../pages/overview.js";
import { ReleasePage } from "../pages/release/release-page.js";
import { Releases } from "../pages/releases.js";

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
];
