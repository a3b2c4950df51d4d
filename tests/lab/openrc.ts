// What a tree has where OpenRC boots the host: Debian's, under its own init (sysvinit's), with the scripts that Debian still has.

/** In place of systemd. */
export const openrcPackages: readonly string[] = ["initscripts", "openrc", "sysvinit-core"];

/**
 * Debian's own script mounts /sys once more, over the one that nspawn has prepared, with its control groups; and those are
 * read-only.
 */
const cgroups = `#!/sbin/openrc-run
description="Writable control groups for Docker in a lab host"
depend() {
  after mountkernfs.sh
  before procps
}
start() {
  umount -l /sys
  for group in /sys/fs/cgroup /sys/fs/cgroup/*/; do mount -n -o remount,rw,bind "$group" || :; done
}
`;

// There is no terminal to log in at.
const inittab = [
  "id:2:initdefault:",
  "si::sysinit:/etc/init.d/rcS",
  ...[0, 1, 2, 3, 4, 5, 6].map((level) => `l${level}:${level}:wait:/etc/init.d/rc ${level}`),
  "",
];

/** Files of a tree with OpenRC, beside those of every tree. */
export const openrcFiles: Readonly<Record<string, { text: string; mode?: number }>> = {
  "etc/inittab": { text: inittab.join("\n") },
  "etc/init.d/lab-cgroups": { text: cgroups, mode: 0o755 },
  // Docker's script mounts no control groups where this file does, and it ends where it may not raise a limit.
  "etc/fstab": { text: "none /sys/fs/cgroup tmpfs noauto 0 0\n" },
  "etc/default/docker": { text: "ulimit() { :; }\n" },
};
