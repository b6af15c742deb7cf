import { memoryLedger, memoryOutbox, memoryReleases } from "@atoms/testkit";
import { ledgerContract } from "./ledger.contract.js";
import { outboxContract } from "./outbox.contract.js";
import { places } from "./places.contract.js";
import { releasesContract } from "./releases.contract.js";

ledgerContract("in memory", async () => memoryLedger());
releasesContract("in memory", async () => {
  const ledger = memoryLedger();
  return { ledger, releases: memoryReleases(ledger) };
});
outboxContract("in memory", async () => {
  const ledger = memoryLedger();
  return { ledger, outbox: memoryOutbox(ledger) };
});

for (const place of places()) {
  const fresh = async () => {
    await place.empty();
    return place.store();
  };
  ledgerContract(place.name, async () => (await fresh()).ledger);
  releasesContract(place.name, fresh);
  outboxContract(place.name, fresh);
}
