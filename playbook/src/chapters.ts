/** A chapter of the book. */
export type Chapter = {
  /** Its folder under `playbook/src/`. */
  folder: string;
  title: string;
  /** The question it answers. */
  question: string;
};

/** The table of contents: docs, `atoms --help` and the dashboard list the chapters in this order. */
export const chapters = [
  { folder: "preflight", title: "Preflight", question: "Is it safe to begin?" },
  { folder: "backup", title: "Backup", question: "What was production before we touched it?" },
  { folder: "communication", title: "Communication", question: "Who hears of it, where, and when?" },
  { folder: "gates", title: "Gates", question: "What has to be open before a release may go on?" },
  { folder: "strategies", title: "Strategies", question: "How does traffic move to the new version?" },
  { folder: "validation", title: "Validation", question: "Is the candidate good enough for users?" },
  { folder: "rollback", title: "Rollback", question: "How do we go back, and how is that proven?" },
  { folder: "groups", title: "Groups", question: "How do several services ship as one?" },
  {
    folder: "builds",
    title: "Builds",
    question: "What was built or moved outside Atoms, and is it to be released?",
  },
  {
    folder: "monitoring",
    title: "Monitoring",
    question: "Is the service well, at this minute and over the month?",
  },
  {
    folder: "alerts",
    title: "Alerts",
    question: "What has to be so, for how long, before somebody is told?",
  },
  {
    folder: "on-call",
    title: "On call",
    question: "Whom does it wake, and who is next if they do not answer?",
  },
  {
    folder: "incidents",
    title: "Incidents",
    question: "Who has it, by when must it be over, and what do we learn from it?",
  },
  {
    folder: "maintenance",
    title: "Maintenance",
    question: "How is the service closed for work, and surely opened again?",
  },
  {
    folder: "status-page",
    title: "Status page",
    question: "What may everybody know of it?",
  },
  {
    folder: "emergency",
    title: "Emergency",
    question: "It is on fire: what is it, and what can be done this minute?",
  },
  { folder: "recovery", title: "Recovery", question: "What is left, and in which order does it come back?" },
] as const satisfies readonly Chapter[];
