import { z } from "zod";
import { PositiveDuration } from "../../terms/units.js";

const policies = ["pass", "warn", "approve", "fail"] as const;
/** What a change means for the release: nothing, a warning, a person has to approve it, or the end. */
export type ContractPolicy = (typeof policies)[number];

const policy = (usual: ContractPolicy, what: string) => z.enum(policies).default(usual).describe(what);

/** What a change of the MCP contract means for a release, by its class. */
export const ContractSettings = z.strictObject({
  protocol: policy(
    "approve",
    "A protocol generation that production speaks is no longer spoken: its clients are locked out.",
  ),
  removed: policy("approve", "A tool is gone."),
  renamed: policy("approve", "A tool is gone and another that takes the same arguments is there."),
  narrowed: policy(
    "approve",
    "Calls that were right may be refused: a new required argument, a type, value or limit taken away, an argument gone, or a change that cannot be proven harmless.",
  ),
  output: policy(
    "approve",
    "A result may be what its clients do not know: a member gone or optional, another type, a new value.",
  ),
  riskier: policy(
    "approve",
    "A hint got worse (no longer read-only, destructive now …): agents let tools run unasked because of them.",
  ),
  described: policy("warn", "A description, title, default or hint changed; agents act by them."),
  widened: policy("pass", "A tool takes more, or promises more, than before."),
  added: policy("pass", "A new tool."),
  unread: policy("approve", "Production's contract cannot be read, so that nothing is known of the change."),
  wait: PositiveDuration.prefault("30m").describe(
    "How long a person is waited for (`atoms approve`); then the release ends, and no traffic was moved.",
  ),
});
export type ContractSettings = z.output<typeof ContractSettings>;
