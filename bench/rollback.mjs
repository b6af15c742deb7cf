// How quickly the decision to roll back reaches traffic on the local cloud: from the ledger's `rollback.decided` to
// `rollback.verified`, that is, until every production host answered several times in a row as the deployment wanted.
import { withShop } from "./lib/shop.mjs";

/** @param {{ runs: number }} options */
export default async function rollback({ runs }) {
  const rounds = Math.min(runs, 5);
  return withShop(async ({ atoms }) => {
    // What was rolled back from is no longer proven good, so each round goes one version further back.
    for (let n = 0; n <= rounds; n++) await atoms("deploy", "--env", `ROUND=${n}`);
    for (let n = 0; n < rounds; n++) await atoms("rollback", "--because", "a benchmark");
    const [decided, verified] = await Promise.all(
      ["rollback.decided", "rollback.verified"].map((kind) =>
        atoms("ledger", "--kind", kind, "--limit", "100"),
      ),
    );
    const values = [decided].flat(2).map((begun) => {
      const done = [verified].flat(2).find((entry) => entry.release === begun.release);
      if (done === undefined) throw new Error(`${begun.release} was decided and never verified`);
      return done.at - begun.at;
    });
    if (values.length !== rounds)
      throw new Error(`${rounds} rollbacks were asked for, the ledger has ${values.length}`);
    return [{ what: "rollback: decided to verified, local cloud", values, bound: 1_000 }];
  });
}
