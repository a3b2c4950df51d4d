import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cached, hashOf } from "./cache";
import type { NetworkManager } from "./host-network";
import { labId } from "./namespace";
import { otherInitFiles, otherInitSetup, otherInits } from "./other-inits";
import { run } from "./process";

/** The Debian releases that lab hosts run. */
export type DebianRelease = "12" | "13" | "testing";

/** What light hosts run; 13t is Debian 13 with the Docker of testing, whose own systemd wants a machine without cgroup v1. */
export type LightRelease = "12" | "13" | "13t";

type Release = DebianRelease | LightRelease;

const suites: Readonly<Record<Release, string>> = {
  "12": "bookworm",
  "13": "trixie",
  "13t": "trixie",
  testing: "testing",
};

// docker.io carries the client on Debian 12 and no longer does on 13. docker-init (for `--init`) is in tini or docker.io.
const dockerPackages: Readonly<Record<Release, readonly string[]>> = {
  "12": ["docker.io"],
  "13": ["docker.io", "docker-cli"],
  "13t": ["docker.io", "docker-cli"],
  testing: ["docker.io", "docker-cli"],
};

const commonPackages: readonly string[] = [
  "busybox-static",
  "ca-certificates",
  "conntrack",
  "dbus",
  "ifupdown",
  "iproute2",
  "iptables",
  "iputils-arping",
  "iputils-ping",
  "kmod",
  "nftables",
  "openssh-server",
  "passwd",
  "procps",
  "sudo",
  "systemd",
  "systemd-sysv",
];

// A kernel for QEMU, and what finds its disk and loads its modules.
const fullPackages: readonly string[] = ["linux-image-amd64", "initramfs-tools", "udev"];

/** Units that only cost time, or make two looks at an untouched host differ. */
const maskedUnits: readonly string[] = [
  "apt-daily.timer",
  "apt-daily-upgrade.timer",
  "console-getty.service",
  "container-getty@.service",
  "dev-hugepages.mount",
  "dpkg-db-backup.timer",
  "e2scrub_all.timer",
  "e2scrub_reap.service",
  "fstrim.timer",
  "getty@.service",
  "ifupdown-wait-online.service",
  "modprobe@.service",
  "motd-news.timer",
  "nftables.service",
  "sys-kernel-debug.mount",
  "sys-kernel-tracing.mount",
  "systemd-networkd-wait-online.service",
  "systemd-tmpfiles-clean.timer",
];

/**
 * systemd-nspawn mounts cgroup v1 hierarchies read-only; Docker must make cgroups in them. On a machine with cgroup v2 alone
 * there is nothing to remount and the unit does nothing.
 */
const cgroupUnit = `[Unit]
Description=Writable control groups for Docker in a lab host
DefaultDependencies=no
ConditionVirtualization=container
Before=sysinit.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'for d in /sys/fs/cgroup/*/; do mount -o remount,rw,bind "$d" 2>/dev/null || :; done'
`;

const files: Readonly<Record<string, { text: string; mode?: number }>> = {
  "etc/systemd/system/lab-cgroups.service": { text: cgroupUnit },
  "etc/sudoers.d/net": { text: "net ALL=(ALL) NOPASSWD: ALL\n", mode: 0o440 },
  "etc/ssh/sshd_config.d/lab.conf": {
    text: "UseDNS no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n",
  },
  "etc/hosts": { text: "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n" },
  "etc/resolv.conf": { text: "" },
  "etc/network/interfaces": { text: "source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n" },
  "etc/fstab": { text: "" },
};

const accounts = `set -e
useradd --create-home --shell /bin/sh --password '*' --groups docker net
usermod --shell /bin/sh root
rm -f /etc/ssh/ssh_host_*
apt-get clean
rm -rf /var/lib/apt/lists/* /var/log/*.log /var/log/apt /var/cache/debconf/*-old
`;

/** Docker from testing, and nothing else. */
const newestDocker = `cat >"$1/etc/apt/preferences.d/docker" <<END
Package: *
Pin: release a=testing
Pin-Priority: 100

Package: docker.io docker-cli containerd runc
Pin: release a=testing
Pin-Priority: 990
END
sed -i 'p; s/ trixie main$/ testing main/; t; d' "$1/etc/apt/sources.list"`;

/** No host reaches a registry, so packages that it shall install once more are kept there. */
const keep = (packages: readonly string[]) => `mkdir "$1/var/cache/lab"
cd "$1/var/cache/lab"
APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -q download ${packages.join(" ")}`;
/** Installs them once more, as an upgrade does. */
export const REINSTALL = "dpkg -i /var/cache/lab/*.deb";

type Files = typeof files;

interface Recipe {
  readonly packages: readonly string[];
  /** Those that are kept as packages too. @default none */
  readonly kept?: readonly string[];
  /** Files beside those of every tree. @default none */
  readonly own?: Files;
}

async function buildTree(debian: Release, { packages, kept, own }: Recipe, root: string): Promise<void> {
  if (labId()) {
    throw new Error(
      `the tree of Debian ${debian} is not in the cache, and inside a lab no registry is reached: make it before`,
    );
  }
  const leaveOut = ["doc", "info", "lintian", "locale", "man"].map(
    (name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`,
  );
  await run("nice", [
    ...["-n", "5", "mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", ...leaveOut],
    // Snapshots of the testing suite outlive the date in their Release file.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    ...(debian === "13t" ? [`--setup-hook=${newestDocker}`] : []),
    ...(kept ? [`--customize-hook=${keep(kept)}`] : []),
    `--include=${packages.join(",")}`,
    ...[suites[debian], root],
    ...(process.env.WIREWORK_DEBIAN_MIRROR ? [process.env.WIREWORK_DEBIAN_MIRROR] : []),
  ]);
  await run("chroot", [root, "/bin/sh", "-c", accounts]);
  for (const [path, { text, mode }] of Object.entries({ ...files, ...own })) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    rmSync(target, { force: true });
    writeFileSync(target, text);
    chmodSync(target, mode ?? 0o644);
  }
  if (own === otherInitFiles) await run("chroot", [root, "/bin/sh", "-c", otherInitSetup]);
  const units = join(root, "etc/systemd/system");
  for (const unit of maskedUnits) {
    rmSync(join(units, unit), { force: true });
    symlinkSync("/dev/null", join(units, unit));
  }
  mkdirSync(join(units, "sysinit.target.wants"), { recursive: true });
  symlinkSync("../lab-cgroups.service", join(units, "sysinit.target.wants/lab-cgroups.service"));
  // Newer than /usr: systemd then leaves out what it does at the first boot after an upgrade (ldconfig, catalogs, users).
  const now = new Date();
  for (const stamp of ["etc/.updated", "var/.updated"]) {
    writeFileSync(join(root, stamp), "");
    utimesSync(join(root, stamp), now, now);
  }
}

async function tree(kind: string, debian: Release, recipe: Recipe): Promise<string> {
  const { packages, kept, own } = recipe;
  const texts = [packages.join(), JSON.stringify({ ...files, ...own }), accounts, maskedUnits.join()];
  if (debian === "13t") texts.push(newestDocker);
  if (kept) texts.push(keep(kept));
  const key = `trees/${kind}-${debian}-${hashOf({ texts })}`;
  const folder = await cached(key, `Debian ${debian} tree for ${kind} hosts`, (part) =>
    buildTree(debian, recipe, join(part, "root")),
  );
  return join(folder, "root");
}

/**
 * The folder that holds a Debian system with systemd, sshd and Docker, for a light host; built and cached when it is not
 * there.
 */
export function lightTree(debian: LightRelease, manager?: NetworkManager): Promise<string> {
  const usual: Variant = { kind: "", packages: ["dhcpcd-base"], kept: ["ifupdown"] };
  const { kind, packages, kept, own } = (manager && variants[manager]) ?? usual;
  const common = commonPackages.filter((name) => own !== otherInitFiles || !name.startsWith("systemd"));
  return tree(`light${kind}`, debian, { packages: [...common, ...dockerPackages[debian], ...packages], kept, own });
}

/** NetworkManager comes with firewalld on most of its hosts; here it stays away until a test wants it. */
export const FIREWALL_WANTED = "/etc/lab-firewall";
const firewall: Files = {
  "etc/systemd/system/firewalld.service.d/lab.conf": { text: `[Unit]\nConditionPathExists=${FIREWALL_WANTED}\n` },
};

/** What a tree has of its own; `kept` is what runs the links. */
interface Variant extends Recipe {
  readonly kind: string;
}

/** Trees of managers that are not always there: NetworkManager manages what it finds. With netplan, udev sets up links too. */
const variants: { readonly [M in NetworkManager]?: Variant } = {
  networkManager: {
    kind: "-networkmanager",
    packages: ["network-manager", "firewalld"],
    kept: ["network-manager"],
    own: firewall,
  },
  netplan: { kind: "-netplan", packages: ["netplan.io", "udev"], kept: ["netplan.io", "systemd"] },
  openrc: { kind: "-openrc", packages: otherInits.openrc, own: otherInitFiles },
  sysvinit: { kind: "-sysvinit", packages: otherInits.sysvinit, own: otherInitFiles },
};

/** The same with a kernel, for a full host, which systemd boots. */
export function fullTree(debian: DebianRelease, manager?: NetworkManager): Promise<string> {
  const { kind, packages, own }: Variant = (manager && variants[manager]) ?? { kind: "", packages: [] };
  const all = [...commonPackages, ...dockerPackages[debian], ...fullPackages, ...packages];
  return tree(`full${kind}`, debian, { packages: all, own });
}

/** The static busybox of a tree: the lab's images are made of it. */
export function busyboxOf(root: string): string {
  const found = ["usr/bin/busybox", "bin/busybox"].map((path) => join(root, path)).find((path) => existsSync(path));
  if (!found)
    throw new Error(
      `busybox: not in the tree ${root}; the package busybox-static belongs to every tree; delete that folder`,
    );
  return found;
}
