/** Where somebody is: `#/releases/rel_1?all=1` is the page "releases" with the name "rel_1". */
export type Route = { page: string; name?: string; query: URLSearchParams };

/** Reads a place from the part of an address behind `#`. */
export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [page = "", ...rest] = path.split("/");
  const name = decoded(rest.join("/"));
  return { page: decoded(page), query: new URLSearchParams(query), ...(name === "" ? {} : { name }) };
}

/** The address of a place. */
export const linkTo = (page: string, name?: string): string =>
  `#/${page}${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
