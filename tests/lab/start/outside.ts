import { mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { run } from "../process";

/** Where the library keeps login keys for `ssh`, which takes the home from the password database and not from HOME. */
const keyFolder = join(userInfo().homedir, ".wirework");

/** Makes the folder where the lab hides the user's own; returns what takes it away again. */
export function offerKeyFolder(): () => void {
  const made = mkdirSync(keyFolder, { recursive: true, mode: 0o700 });
  return () => {
    if (made === undefined) return;
    try {
      rmdirSync(keyFolder);
    } catch {
      // Meanwhile somebody put something into it, and it stays.
    }
  };
}

/** In the lab: lays an empty folder over the user's, so that the keys of lab hosts go with the lab. */
export async function hideKeyFolder(): Promise<void> {
  await run("mount", ["-t", "tmpfs", "-o", "mode=700", "tmpfs", keyFolder]);
}

/** The first process of the lab that was started with `mark` in its environment, as the machine numbers it. */
export function labProcess(mark: string): number | undefined {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => {
    try {
      const isFirst = /^NSpid:\s+\d+\s+1$/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
      return isFirst && readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(mark);
    } catch {
      return false; // it ended meanwhile
    }
  });
  return found === undefined ? undefined : Number(found);
}
