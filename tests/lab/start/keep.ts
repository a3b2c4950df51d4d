import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../exec";
import { runFolder } from "../namespace";
import { toolchain } from "../toolchain";
import type { Site } from "./site";

/** Writes what makes looking around short into the lab: an ssh configuration and a `pulumi` with the stack's environment. */
function writeTools({ host, stack }: Site): { ssh: string; pulumi: string } {
  const [ssh, pulumi, knownHosts] = ["ssh.config", "pulumi", "known-hosts"].map((name) => join(runFolder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(knownHosts, `${host.address} ${host.hostKey}\n`);
  const options = {
    HostName: host.address,
    User: host.user,
    IdentityFile: host.privateKeyPath,
    UserKnownHostsFile: knownHosts,
  };
  const lines = Object.entries(options).map(([key, value]) => `  ${key} ${value}\n`);
  writeFileSync(ssh, `Host ${host.name}\n${lines.join("")}`);
  const exports = Object.entries(stack.env).map(([key, value]) => `export ${key}=${shellWord(value)}\n`);
  const start = `cd ${shellWord(join(stack.folder, "project"))} || exit\nexec ${shellWord(toolchain().pulumi)} "$@"\n`;
  writeFileSync(pulumi, `#!/bin/sh\n${exports.join("")}${start}`);
  chmodSync(pulumi, 0o700);
  return { ssh, pulumi };
}

/** How to look around in a lab that stays; `pid` is its first process, as the machine numbers it. */
export function lookAround(site: Site, pid: number): string[] {
  const { ssh, pulumi } = writeTools(site);
  const inLab = (command: string) => `    nsenter --all --target ${pid} ${command}`;
  const { host, lan } = site;
  return [
    "The lab stays up. To look around, from another terminal, as root:",
    "",
    "  on the host",
    inLab(`ssh -F ${ssh} ${host.name}`),
    inLab(`ssh -F ${ssh} ${host.name} wirework status`),
    "  on the client of the LAN, or its gateway",
    inLab(`ip netns exec ${lan.namespace("client")} ping 192.168.9.70`),
    inLab(`ip netns exec ${lan.namespace("gateway")} ip neighbour`),
    "  the stack",
    inLab(`${pulumi} preview --diff`),
    inLab(`${pulumi} config set northAddress 192.168.9.71`),
    inLab(`${pulumi} up`),
    "",
    "Ctrl-C here ends it, with the host, the LAN and the stack's state: nothing of them is outside the lab.",
  ];
}
