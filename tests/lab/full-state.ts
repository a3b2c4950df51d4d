import { readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { cacheDir, cached, hashOf } from "./cache";
import { run } from "./process";
import { qmp } from "./qmp";
import { until } from "./until";

/** A full host as it was once booted: it goes on from there within seconds, where a boot takes minutes of emulation. */
export interface FullState {
  /** What it had written over the disk of its tree. */
  readonly layer: string;
  /** Memory and devices. */
  readonly memory: string;
  /** Key of its sshd. */
  readonly hostKey: string;
  /** A login key that it knows; the lab's own is made anew in each lab. */
  readonly loginKey: string;
}

/** Where the parts of a state lie in its folder. */
export function stateIn(folder: string): FullState {
  const [layer, memory, hostKey, loginKey] = ["layer.qcow2", "memory.zst", "host-key", "login-key"].map((name) =>
    join(folder, name),
  );
  return { layer: layer!, memory: memory!, hostKey: hostKey!, loginKey: loginKey! };
}

/** The state of all that `texts` says of a host; made and cached when it is not there. States of its name that say else go. */
export async function fullState(
  name: string,
  texts: readonly string[],
  make: (state: FullState) => Promise<void>,
): Promise<FullState> {
  const key = `states/${name}-${hashOf({ texts })}`;
  const folder = await cached(key, `booted full host ${name}`, async (part) => {
    const state = stateIn(part);
    for (const path of [state.hostKey, state.loginKey]) {
      await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path]);
    }
    await make(state);
  });
  const others = dirname(join(cacheDir(), key));
  for (const other of readdirSync(others)) {
    const old = new RegExp(`^${name}-[0-9a-f]{16}(\\.lock)?$`).test(other) && !other.startsWith(basename(key));
    if (old) rmSync(join(others, other), { recursive: true, force: true });
  }
  return stateIn(folder);
}

/** Writes memory and devices of a running machine to a file, and ends the machine. */
export async function saveMachine(socket: string, file: string): Promise<void> {
  await qmp(socket, "stop");
  await qmp(socket, "migrate", { uri: `exec:zstd -q -3 -T0 >'${file}'` });
  await until("the state of a full host", { timeoutMs: 600_000, intervalMs: 500 }, async () => {
    const { status, "error-desc": error } = (await qmp(socket, "query-migrate")) as Record<string, string | undefined>;
    if (status === "failed") throw new Error(`QEMU: the state was not written: ${error}`);
    return status === "completed" || undefined;
  });
  await qmp(socket, "quit");
}

/** Arguments of QEMU that read a state. */
export function readState(memory: string): string[] {
  return ["-incoming", `exec:zstd -q -dc '${memory}'`];
}

/** Lets a machine go on that was started with {@link readState}: it stands still, as it did when it was saved. */
export async function resume(socket: string): Promise<void> {
  await until("the state of a full host", { timeoutMs: 120_000 }, async () => {
    // The socket is there a moment after the program is.
    const answer = await qmp(socket, "query-status").catch(() => ({ status: "inmigrate" }));
    return (answer as { status: string }).status === "inmigrate" ? undefined : true;
  });
  await qmp(socket, "cont");
}
