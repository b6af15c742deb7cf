/** The runbook's own communication plan: what every version of Atoms must accept as it stands. */
export const seedPlan = {
  pre_deployment: [
    {
      channel: "#atoms-deployments",
      message: "Deployment starting for atoms-mcp-prod",
      timing: "T-15 minutes",
    },
    {
      channel: "#atoms-engineering",
      message: "Deployment window open - please hold PRs",
      timing: "T-10 minutes",
    },
  ],
  during_deployment: [{ channel: "#atoms-status", message: "Deployment in progress...", timing: "T-0" }],
  post_deployment: [
    {
      channel: "#atoms-deployments",
      message: "Deployment complete - validation in progress",
      timing: "T+5 minutes",
    },
    {
      channel: "#atoms-engineering",
      message: "Deployment complete - PRs can resume",
      timing: "T+10 minutes",
    },
  ],
  rollback: [{ channel: "#atoms-incidents", message: "Rollback initiated", timing: "Immediate" }],
};
