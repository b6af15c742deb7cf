import type { Actor } from "@atoms/playbook";
import { type Role, roles } from "@atoms/store";
import { roleLacking } from "../problems.js";

/** Who asks, as far as the API knows. */
export type Caller = {
  actor: Actor;
  role: Role;
  /** Where the role counts; `*` is everywhere. */
  environments: readonly string[];
  /**
   * `owner`: bears the token of the control plane's folder, so it could read and do everything there without the API.
   * Everybody else is bound to the control plane's own playbook.
   */
  kind: "owner" | "token" | "session";
  /** The credential; undefined for the owner. */
  id?: string;
};

/**
 * Refuses what is not the caller's to do. Nothing is allowed but by a role that counts at every place that is touched.
 * @param where The environments that are touched; undefined when the request does not tell, which takes the role everywhere.
 * @throws ATM-940
 */
export function permit(caller: Caller, needed: Role, where: readonly string[] | undefined): void {
  const enough = roles.indexOf(caller.role) >= roles.indexOf(needed);
  const everywhere = caller.environments.includes("*");
  if (enough && (everywhere || where?.every((one) => caller.environments.includes(one)) === true)) return;
  throw roleLacking({
    who: caller.actor.name,
    role: caller.role,
    environments: everywhere ? "every environment" : caller.environments.join(", "),
    needed: needed === "viewer" ? "a viewer" : `an ${needed}`,
    where: where?.join(", ") ?? "every environment",
  });
}
