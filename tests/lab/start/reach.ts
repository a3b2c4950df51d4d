import type { ExecOptions } from "../exec";
import type { RunResult } from "../process";
import { until } from "../until";
import type { Site } from "./site";

/** A container of the stack, as its outputs tell. */
export interface Agent {
  readonly name: string;
  readonly address: string;
}

type Exec = (command: string, options?: ExecOptions) => Promise<RunResult>;

interface Way {
  readonly from: string;
  readonly to: string;
  readonly address: string;
  readonly exec: Exec;
  /** A command that says how the way goes, and the words of its answer. */
  readonly how?: { readonly command: string; readonly words: (stdout: string) => string };
}

/** The MAC under which a neighbour is known: the agent's own, not the host's. */
const neighbour = (address: string) => ({
  command: `ip neighbour show ${address}`,
  words: (stdout: string) => `at ${/lladdr (\S+)/.exec(stdout)?.[1] ?? "an unknown MAC"}`,
});

const route = (address: string) => ({
  command: `ip route get ${address}`,
  words: (stdout: string) => `by ${/dev (\S+)/.exec(stdout)?.[1] ?? "an unknown link"}`,
});

function ways({ lan, host }: Site, agents: readonly Agent[], hostAccess: string): Way[] {
  const client: Exec = (command, options) => lan.exec("client", command, options);
  const onHost: Exec = (command, options) => host.exec(command, options);
  const inside =
    ({ name }: Agent): Exec =>
    (command, options) =>
      host.exec(`docker exec ${name} ${command}`, options);
  return [
    ...agents.map((to) => ({
      from: "LAN client",
      to: to.name,
      address: to.address,
      exec: client,
      how: neighbour(to.address),
    })),
    ...agents.map((from) => ({ from: from.name, to: "LAN client", address: lan.client, exec: inside(from) })),
    ...agents.map((from) => ({ from: from.name, to: "gateway", address: lan.options.gateway, exec: inside(from) })),
    ...agents.map((to) => ({ from: "host", to: to.name, address: to.address, exec: onHost, how: route(to.address) })),
    ...agents.map((from) => ({ from: from.name, to: "host", address: hostAccess, exec: inside(from) })),
  ];
}

/** Pings every way between agents, LAN, gateway and host; one line each. Throws when one stays without an answer. */
export async function reachLines(site: Site, agents: readonly Agent[], hostAccess: string): Promise<string[]> {
  return Promise.all(
    ways(site, agents, hostAccess).map(async ({ from, to, address, exec, how }) => {
      const answer = await until(`${from} -> ${to} ${address}: answer to a ping`, { timeoutMs: 30_000 }, async () => {
        const { code, stdout } = await exec(`ping -q -c 1 -W 1 ${address}`, { check: false });
        return code === 0 ? stdout : undefined;
      });
      const time = / = ([\d.]+)\//.exec(answer)?.[1] ?? "?";
      const found = how?.words((await exec(how.command)).stdout);
      return `${from.padEnd(10)} -> ${`${to} ${address}`.padEnd(26)} ${`${time} ms`.padEnd(9)}  ${found ?? ""}`.trimEnd();
    }),
  );
}
