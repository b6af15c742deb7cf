import { resolve } from "node:path";
import { deployGroup as deployVerb, resumeGroup, skippable } from "@atoms/control-plane";
import type { Ending } from "@atoms/playbook";
import type { Invocation } from "./command.js";
import { followToTheEnd } from "./follow-to-the-end.js";
import { gathered, oneOf, optionMistaken, overridesIn } from "./options.js";
import { detachNeedsControlPlane } from "./problems.js";
import { withSession } from "./session.js";
import { endingOf } from "./views/state.js";

/** Options of `atoms deploy` that are about one service. */
const ofOneService = ["env", "strategy", "dryRun"] as const;

/** `atoms deploy --group`: releases the services of a group file as one and follows it to its end. */
export async function deployGroup(invocation: Invocation, file: string): Promise<Ending> {
  const { options, terminal } = invocation;
  const group = resolve(invocation.cwd, file);
  const given = ofOneService.find((name) => {
    const value = options[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  });
  if (given !== undefined || invocation.args[0] !== undefined) {
    const option = given === undefined ? "[dir]" : `--${given === "dryRun" ? "dry-run" : given}`;
    throw optionMistaken({ option, given: file, wanted: "nothing beside --group: it is about one service" });
  }
  const skip = gathered(options["skip"]).map((name) => oneOf(name, "--skip", Object.keys(skippable)));
  // The group's own folder holds the store that all its members share.
  return withSession({ ...invocation, playbook: group }, "act", async (ask, session) => {
    if (options["detach"] === true && ask.from !== "control plane") throw detachNeedsControlPlane();
    const release =
      options["resume"] === true
        ? await ask(resumeGroup, { group })
        : await ask(deployVerb, {
            group,
            skip,
            overrides: overridesIn(options),
            now: options["now"] === true,
            ...(invocation.platform === undefined ? {} : { platform: invocation.platform }),
          });
    if (options["detach"] === true) {
      terminal.result({ kind: "release", release });
      terminal.say(`${release.id} is under way; \`atoms status\` of any member shows it.`);
      return "done";
    }
    return endingOf(await followToTheEnd(invocation, ask, session, release));
  });
}
