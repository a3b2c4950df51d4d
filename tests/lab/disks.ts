import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { cached, hashOf } from "./cache";
import type { NetworkManager } from "./host-network";
import { run } from "./process";
import { busyboxOf, type DebianRelease, fullTree } from "./trees";

/** What QEMU starts a full host from. */
export interface FullDisk {
  /** The tree as a raw ext4 image; never written to. */
  readonly image: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly tree: string;
}

/** What is needed to find the disk; kernels have more or less of it built in. */
const bootModules = ["virtio_pci", "virtio_blk", "crc32c_generic", "ext4"];

/**
 * The first program of a full host. A distribution's own looks for hardware for many seconds under emulation; this one knows
 * the machine. At the first boot it lays the host's identity, from the second disk, over the tree. What it starts then is
 * systemd, or what the kernel's arguments give as `first`.
 */
const initScript = `#!/bin/busybox sh
export PATH=/bin
busybox mkdir -p /proc /dev /disk /identity
busybox mount -t proc proc /proc
busybox mount -t devtmpfs dev /dev
while read -r module; do busybox insmod "/modules/$module"; done </modules/order
until [ -b /dev/vda ] && [ -b /dev/vdb ]; do busybox sleep 0.1; done
busybox mount -t ext4 /dev/vda /disk
if [ ! -e /disk/var/lib/lab-identity ]; then
  busybox mount -t ext4 -o ro /dev/vdb /identity
  busybox cp -a /identity/. /disk/
  busybox touch /disk/var/lib/lab-identity
  busybox sync
  busybox umount /identity
fi
busybox umount /proc
busybox mount --move /dev /disk/dev
exec busybox switch_root /disk "\${first:-/sbin/init}"
`;

/** Files of the modules and all that they need, in the order of loading. */
function modulesInOrder(modules: string): string[] {
  const needs = new Map<string, string[]>();
  for (const line of readFileSync(join(modules, "modules.dep"), "utf8").split("\n").filter(Boolean)) {
    const [file, rest] = line.split(":") as [string, string];
    needs.set(file, rest.trim().split(" ").filter(Boolean));
  }
  const ordered: string[] = [];
  const add = (file: string) => {
    // modules.dep names what is needed last to first.
    for (const needed of [...(needs.get(file) ?? [])].reverse()) if (!ordered.includes(needed)) add(needed);
    if (!ordered.includes(file)) ordered.push(file);
  };
  for (const name of bootModules) {
    const file = [...needs.keys()].find(
      (one) =>
        basename(one)
          .replace(/\.ko.*$/, "")
          .replaceAll("-", "_") === name,
    );
    if (file) add(file);
  }
  return ordered;
}

async function buildInitrd(tree: string, part: string): Promise<void> {
  const root = join(part, "initrd-root");
  for (const folder of ["bin", "modules"]) mkdirSync(join(root, folder), { recursive: true });
  const library = join(tree, "usr/lib/modules");
  const modules = join(library, readdirSync(library)[0]!);
  const order: string[] = [];
  for (const file of modulesInOrder(modules)) {
    const name = basename(file).replace(/\.xz$/, "");
    await run("sh", [
      "-c",
      'case $1 in *.xz) xz -dc "$1" ;; *) cat "$1" ;; esac >"$2"',
      "sh",
      join(modules, file),
      join(root, "modules", name),
    ]);
    order.push(name);
  }
  writeFileSync(join(root, "modules/order"), `${order.join("\n")}\n`);
  copyFileSync(busyboxOf(tree), join(root, "bin/busybox"));
  writeFileSync(join(root, "init"), initScript);
  for (const program of ["init", "bin/busybox"]) chmodSync(join(root, program), 0o755);
  await run("sh", ["-c", 'cd "$1" && find . | busybox cpio -o -H newc >"$2"', "sh", root, join(part, "initrd")]);
}

/** The disk, kernel and first program of a full host; made and cached when they are not there. */
export async function fullDisk(debian: DebianRelease, manager?: NetworkManager): Promise<FullDisk> {
  const tree = await fullTree(debian, manager);
  const key = hashOf({ texts: [tree, initScript, bootModules.join()] });
  const folder = await cached(`disks/full-${debian}-${key}`, `Debian ${debian} disk for full hosts`, async (part) => {
    await buildInitrd(tree, part);
    const kernel = readdirSync(join(tree, "boot")).find((name) => name.startsWith("vmlinuz-"));
    if (!kernel)
      throw new Error(`full host: the tree ${tree} has no kernel in /boot; delete its folder ${dirname(tree)}`);
    copyFileSync(join(tree, "boot", kernel), join(part, "kernel"));
    // Sparse: it takes what the tree takes.
    await run("mke2fs", ["-q", "-t", "ext4", "-L", "root", "-d", tree, join(part, "disk.img"), "4G"]);
  });
  return { image: join(folder, "disk.img"), kernel: join(folder, "kernel"), initrd: join(folder, "initrd"), tree };
}
