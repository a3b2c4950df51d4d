// Loaded into every process of the runner. It ends when the runner is gone, even one that was killed and could not say so:
// the runner holds the other end of standard input and never writes to it.
import type { Socket } from "node:net";

const stdin = process.stdin as Socket;
stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
stdin.resume();
stdin.unref();
