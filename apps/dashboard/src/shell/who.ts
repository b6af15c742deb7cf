import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Who } from "../api/session.js";

export const WhoContext = createContext<Who | undefined>(undefined);

/** Who looks at the page. */
export function useWho(): Who {
  const who = useContext(WhoContext);
  if (who === undefined) throw new Error("a page outside of the session");
  return who;
}
