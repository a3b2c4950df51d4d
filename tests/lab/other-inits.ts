// What a tree has where systemd does not boot the host: sysvinit does, and OpenRC or its own scripts run the services, all with
// the scripts that Debian still has.

/** In place of systemd. */
export const otherInits = {
  openrc: ["initscripts", "openrc", "sysvinit-core"],
  sysvinit: ["initscripts", "sysv-rc", "sysvinit-core"],
} as const;
export type OtherInit = keyof typeof otherInits;

/**
 * Debian's own script mounts /sys once more, over the one that nspawn has prepared, with its control groups; and those are
 * read-only.
 */
const cgroups = `#!/bin/sh
### BEGIN INIT INFO
# Provides:          lab-cgroups
# Required-Start:    mountkernfs
# Required-Stop:
# X-Start-Before:    procps
# Default-Start:     S
# Default-Stop:
# Short-Description: Writable control groups for Docker in a lab host
### END INIT INFO
[ "$1" = start ] || exit 0
umount -l /sys
for group in /sys/fs/cgroup /sys/fs/cgroup/*/; do mount -n -o remount,rw,bind "$group" || :; done
`;

// There is no terminal to log in at.
const inittab = [
  "id:2:initdefault:",
  "si::sysinit:/etc/init.d/rcS",
  ...[0, 1, 2, 3, 4, 5, 6].map((level) => `l${level}:${level}:wait:/etc/init.d/rc ${level}`),
  "",
];

/** Files of such a tree, beside those of every tree. */
export const otherInitFiles: Readonly<Record<string, { text: string; mode?: number }>> = {
  "etc/inittab": { text: inittab.join("\n") },
  "etc/init.d/lab-cgroups": { text: cgroups, mode: 0o755 },
  // Docker's script mounts no control groups where this file does, and it ends where it may not raise a limit.
  "etc/fstab": { text: "none /sys/fs/cgroup tmpfs noauto 0 0\n" },
  "etc/default/docker": { text: "ulimit() { :; }\n" },
};

/** After the files are there. */
export const otherInitSetup = "update-rc.d lab-cgroups defaults";
