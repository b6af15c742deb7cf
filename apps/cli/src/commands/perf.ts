import { addressCommand } from "./address-command.js";

export const perf = addressCommand("perf", {
  summary: "Measure how fast an address answers, against the baselines",
  examples: ["atoms perf https://shop.example.com", "atoms perf http://127.0.0.1:3000 --json"],
  more: "Requests are sent on schedule, whether or not earlier ones were answered, and failures count. Only asks, changes nothing.",
});
