import { existsSync, rmSync, writeFileSync } from "node:fs";
import { onPath, run, step } from "./process";

/** What the lab itself runs on the machine, by Debian package. Hosts bring their own packages with their trees. */
export const labPackages: readonly { readonly name: string; readonly why: string }[] = [
  { name: "busybox-static", why: "the images that agents run" },
  { name: "ca-certificates", why: "trees and packages over TLS" },
  { name: "conntrack", why: "streams to a container that has another address now" },
  { name: "debian-archive-keyring", why: "signatures of Debian's suites" },
  { name: "dhcpcd-base", why: "DHCPv6 for containers, in sandboxes" },
  { name: "dnsmasq-base", why: "DHCP and router advertisements on a lab LAN" },
  { name: "e2fsprogs", why: "disks of full hosts (mke2fs -d)" },
  { name: "iproute2", why: "links, bridges and namespaces of the lab" },
  { name: "iptables", why: "chains as Docker makes them, beside which ports are led to a container" },
  { name: "iputils-arping", why: "what answers on a lab LAN" },
  { name: "iputils-ping", why: "what answers on a lab LAN" },
  { name: "kmod", why: "which modules a kernel has" },
  { name: "mmdebstrap", why: "trees of lab hosts" },
  { name: "nftables", why: "NAT between lab LANs, and the state of a host" },
  { name: "openssh-client", why: "logging in to lab hosts" },
  { name: "procps", why: "sysctl" },
  { name: "qemu-system-x86", why: "full hosts" },
  { name: "qemu-utils", why: "disk overlays of full hosts" },
  { name: "shellcheck", why: "the shell programs" },
  { name: "systemd-container", why: "light hosts (systemd-nspawn)" },
  { name: "util-linux", why: "unshare, nsenter, flock, setpriv" },
  { name: "zstd", why: "saved states of full hosts" },
];

const policyFile = "/usr/sbin/policy-rc.d";

async function installed(): Promise<Set<string>> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders
  const listed = await run("dpkg-query", ["--show", "--showformat", "${db:Status-Abbrev}\t${Package}\n"]);
  const lines = listed.stdout.split("\n").filter((line) => line.startsWith("ii"));
  return new Set(lines.map((line) => line.split("\t")[1]!));
}

/** While `work` runs, no installed package may start its service: an SSH server or daemon on the machine is not ours to start. */
async function withoutServices<T>(work: () => Promise<T>): Promise<T> {
  if (existsSync(policyFile)) return work();
  writeFileSync(policyFile, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    return await work();
  } finally {
    rmSync(policyFile);
  }
}

/**
 * Sees to it that the machine has the packages of the lab: installs what is missing on Debian as root, else throws an error
 * that lists exactly that.
 */
export async function prepareMachine(): Promise<void> {
  const list = labPackages.map(({ name, why }) => `  ${name} (${why})`).join("\n");
  if (!(await onPath("dpkg-query"))) {
    throw new Error(`lab: the machine is no Debian; install these or what has the same programs:\n${list}`);
  }
  const present = await installed();
  const missing = labPackages.filter(({ name }) => !present.has(name)).map(({ name }) => name);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    throw new Error(`lab: packages are missing; as root: apt-get install --no-install-recommends ${missing.join(" ")}`);
  }
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await step("packages: lists", () => run("apt-get", ["update", "-q"], { env }));
  await step(`packages: ${missing.join(" ")}`, () =>
    withoutServices(() => run("apt-get", ["install", "-qy", "--no-install-recommends", ...missing], { env })),
  );
}
