import { type ChildProcess, spawn } from "node:child_process";

function released(holder: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (holder.exitCode !== null || holder.signalCode !== null) return resolve();
    holder.on("close", () => resolve());
    holder.stdin?.end();
  });
}

/**
 * Runs `work` while holding an flock(2) on a file, across processes. Node has no flock, so a child of ours holds it for as
 * long as its standard input is open: when this process dies, by whatever cause, the pipe closes and the lock is free.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const holder = spawn("flock", ["--exclusive", path, "sh", "-c", "echo held; exec cat >/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once("data", () => resolve());
    holder.once("error", (error) => reject(new Error(`flock: cannot be started: ${error.message}`)));
    holder.once("close", (code) =>
      reject(new Error(`flock ${path}: ended with code ${code} before the lock was held`)),
    );
  });
  try {
    return await work();
  } finally {
    await released(holder);
  }
}
