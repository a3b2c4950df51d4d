import { run } from "../lab/process";
import type { Sandbox } from "./support";

/** What came of a command that ran in a session. */
export interface SessionResult {
  /** Exit status on the host; undefined when it did not end in time. */
  readonly code: number | undefined;
  /** What the command wrote on the host. */
  readonly said: string;
  /** What of it reached the client. */
  readonly heard: string;
}

// What sshd does, without the cryptography: one TCP connection, a command whose output goes into it, and the pair of
// addresses in SSH_CONNECTION.
const SERVER = `
const { spawn } = require("node:child_process"), { writeFileSync } = require("node:fs");
const [command, input, log] = process.argv.slice(1);
require("node:net").createServer((socket) => {
  const session = [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort].join(" ").replaceAll("::ffff:", "");
  const child = spawn("sh", ["-c", command], { detached: true, env: { PATH: process.env.PATH, SSH_CONNECTION: session } });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => { said += data; socket.write(data); });
  for (const stream of [socket, child.stdin]) stream.on("error", () => {});
  child.stdin.end(input);
  child.on("close", (code, signal) => { writeFileSync(log, JSON.stringify({ code: signal ?? code, said })); socket.end(() => process.exit()); setTimeout(() => process.exit(), 500); });
}).listen(22, "192.0.2.10");`;

const CLIENT = `
const socket = require("node:net").connect(22, "192.0.2.10");
socket.on("data", (data) => process.stdout.write(data));
socket.on("close", () => process.exit());
socket.on("error", () => process.exit(1));
setTimeout(() => process.exit(2), Number(process.argv[1]));`;

/** As `sleep`: kills the run of an armed change, which sleeps for 2 s between its two proofs. */
export const KILL_WHILE_SETTLING = `#!/bin/sh
[ "$1" != 2 ] || kill -9 -$(ps -o pgid= $PPID | tr -d ' ')
exec /bin/sleep "$@"
`;

/** Puts the far end of the host's wire, with the client's address, into a network namespace of its own: /run/peer. */
export const addPeer = async (host: Sandbox) => {
  const script = `
touch /run/peer; unshare --net=/run/peer true
ip link set wire netns /run/peer
nsenter --net=/run/peer sh -c 'ip link set lo up; ip link set wire up; ip address add 192.0.2.1/24 dev wire'
while ip link show eth0 | grep -q NO-CARRIER; do sleep 0.02; done`;
  await host.exec(script, "", true);
};

/** Runs a command on the host in a session from the peer, for at most `seconds`. */
export async function inSession(host: Sandbox, command: string, input: string, seconds = 40): Promise<SessionResult> {
  const script = `
/bin/rm -f /run/session
node -e "$1" "$3" "$4" /run/session &
server=$!
until ss -Htnl | grep -q 192.0.2.10:22; do sleep 0.05; done
nsenter --net=/run/peer node -e "$2" ${seconds * 1000}
for try in $(seq ${seconds * 10}); do [ ! -s /run/session ] || break; sleep 0.1; done
kill $server 2>/dev/null; echo; echo "-- host"; cat /run/session; /bin/rm -f /run/session`;
  const { stdout } = await run(
    "nsenter",
    [
      "--target",
      String(host.process),
      "--net",
      "--mount",
      "--pid",
      "bash",
      "--norc", // whose standard input is a socket takes itself for a login, and reads the user's settings
      "-c",
      script,
      "bash",
      SERVER,
      CLIENT,
      command,
      input,
    ],
    { check: false, timeoutMs: (seconds * 2 + 20) * 1000 },
  );
  const [heard, record] = stdout.split("\n-- host\n");
  const { code, said } = record ? JSON.parse(record) : { code: undefined, said: "" };
  return { code, said, heard };
}
