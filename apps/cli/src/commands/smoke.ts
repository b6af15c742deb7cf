import { addressCommand } from "./address-command.js";

export const smoke = addressCommand("smoke", {
  summary: "Check that whatever answers at an address works at all",
  examples: ["atoms smoke https://shop.example.com", "atoms smoke http://127.0.0.1:3000 --kind mcp --json"],
  more: "The checks of the playbook's validation section, or the defaults where there is no playbook. Only asks, changes nothing.",
});
