// Loaded into the processes of the runner outside the lab (in the lab, the namespace ends everything with its first process).
// What they started in process groups of its own ends with them, whatever ends them.
import { readdirSync, readFileSync } from "node:fs";

process.on("SIGTERM", () => process.exit(143)).on("SIGINT", () => process.exit(130));
process.on("exit", () => {
  for (const thread of tasks()) {
    for (const child of readFileSync(`/proc/self/task/${thread}/children`, "utf8").trim().split(" ").filter(Boolean)) {
      try {
        process.kill(-Number(child), "SIGKILL");
      } catch {
        // It ended by itself, or is in the group of this process, which the runner ends.
      }
    }
  }
});

function tasks(): string[] {
  try {
    return readdirSync("/proc/self/task");
  } catch {
    return []; // No /proc: the machine is no Linux, and runs no lab either.
  }
}
