import { readAt } from "../api/ahead.js";
import { routeOf } from "./route.js";

/**
 * What the dashboard asks first at an address: paths below the API. Whoever comes by a link is nobody yet, and asks nothing; of the
 * pages only those are here that people come to by an address, from a message or from `atoms dashboard`.
 */
export function firstAsked(hash: string): string[] {
  const { page, name } = routeOf(hash);
  if (page === "sign-in") return [];
  const asked = ["/session"];
  if (page === "") asked.push(readAt("/status", {}));
  if (page === "releases" && name !== undefined) asked.push(readAt("/releases/report", { release: name }));
  return asked;
}
