import {
  memoryAlerts,
  memoryHeartbeats,
  memoryIncidents,
  memoryLedger,
  memoryOfChannels,
  memoryOnCall,
  memoryOutbox,
  memoryReleases,
  memorySamples,
  memorySlots,
} from "@atoms/testkit";
import { accessContract } from "./access.contract.js";
import { alertsContract } from "./alerts.contract.js";
import { channelMemoryContract } from "./channel-memory.contract.js";
import { heartbeatsContract } from "./heartbeats.contract.js";
import { incidentsContract } from "./incidents.contract.js";
import { ledgerContract } from "./ledger.contract.js";
import { onCallContract } from "./on-call.contract.js";
import { outboxContract } from "./outbox.contract.js";
import { places } from "./places.contract.js";
import { releasesContract } from "./releases.contract.js";
import { samplesContract } from "./samples.contract.js";
import { slotsContract } from "./slots.contract.js";

ledgerContract("in memory", async () => memoryLedger());
releasesContract("in memory", async () => {
  const ledger = memoryLedger();
  return { ledger, releases: memoryReleases(ledger) };
});
outboxContract("in memory", async () => {
  const ledger = memoryLedger();
  return { ledger, outbox: memoryOutbox(ledger) };
});
onCallContract("in memory", async () => {
  const ledger = memoryLedger();
  const outbox = memoryOutbox(ledger);
  return { ledger, outbox, onCall: memoryOnCall(ledger, outbox) };
});
incidentsContract("in memory", async () => {
  const ledger = memoryLedger();
  const outbox = memoryOutbox(ledger);
  return { ledger, outbox, incidents: memoryIncidents(ledger, outbox) };
});
samplesContract("in memory", async () => memorySamples());
slotsContract("in memory", async () => memorySlots());
heartbeatsContract("in memory", async () => memoryHeartbeats());
channelMemoryContract("in memory", async () => memoryOfChannels());
alertsContract("in memory", async () => {
  const ledger = memoryLedger();
  const outbox = memoryOutbox(ledger);
  return { ledger, outbox, alerts: memoryAlerts(outbox) };
});

for (const place of places()) {
  const fresh = async () => {
    await place.empty();
    return place.store();
  };
  ledgerContract(place.name, async () => (await fresh()).ledger);
  releasesContract(place.name, fresh);
  outboxContract(place.name, fresh);
  onCallContract(place.name, fresh);
  incidentsContract(place.name, fresh);
  samplesContract(place.name, async () => (await fresh()).samples);
  slotsContract(place.name, async () => (await fresh()).slots);
  heartbeatsContract(place.name, async () => (await fresh()).heartbeats);
  channelMemoryContract(place.name, async () => (await fresh()).channelMemory);
  alertsContract(place.name, fresh);
  accessContract(place.name, fresh);
}
