#!/bin/sh
# The lab's namespace, from both sides.
#   namespace.sh enter ID COMMAND [ARGUMENT...]   first process of the lab: prepares the new namespaces, runs COMMAND
#   namespace.sh sweep ID                         outside: waits for end of file on stdin, then removes what namespaces keep
set -eu

# Every mounted control group hierarchy, of either version.
hierarchies() {
  awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/self/mounts | sort -u
}

# A control group of the lab's own: processes in it can be found and ended, and it can be removed as a whole.
join_cgroups() {
  hierarchies | while read -r top; do
    group="$top/wirework-lab-$1"
    mkdir -p "$group"
    # A cpuset without processors and memory nodes takes no process.
    for file in cpuset.cpus cpuset.mems; do
      if [ -e "$group/$file" ]; then cat "$top/$file" >"$group/$file"; fi
    done
    if [ -e "$group/cgroup.clone_children" ]; then echo 1 >"$group/cgroup.clone_children"; fi
    echo "$$" >"$group/cgroup.procs"
  done
}

enter() {
  lab=$1
  shift
  join_cgroups "$lab"
  # Everything that the lab writes at run time goes with its mount namespace: nspawn's state, named network namespaces, hosts.
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -p /run/lock /run/netns /run/sshd /run/systemd/nspawn /run/wirework/home /run/wirework/tmp
  # So do stacks and logs, and the login keys that the library keeps: for `ssh`, which takes the home from the password
  # database and not from HOME. The user's own keys are out of sight too.
  awk -F: -v OFS=: '$3 == 0 { $6 = "/run/wirework/home" } { print }' /etc/passwd >/run/wirework/passwd
  mount --bind /run/wirework/passwd /etc/passwd
  # /sys shows the network of whoever mounted it.
  mkdir /run/cgroup
  mount --rbind /sys/fs/cgroup /run/cgroup
  mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
  mount --rbind /run/cgroup /sys/fs/cgroup
  umount -R /run/cgroup
  rmdir /run/cgroup
  ip link set lo up
  status=0
  TMPDIR=/run/wirework/tmp WIREWORK_LAB=$lab "$@" || status=$?
  exit "$status"
}

# Processes of one lab, in its control group of one hierarchy and those below.
processes() {
  find "$1" -name cgroup.procs -exec cat {} + 2>/dev/null || :
}

# Removes a control group and those below; fails while a process is in one.
remove_cgroup() {
  find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || :
  [ ! -d "$1" ]
}

remove_cgroups() {
  left=0
  for top in $(hierarchies); do
    group="$top/wirework-lab-$1"
    [ -d "$group" ] || continue
    # Whoever opened the lab is gone: what still runs in it is about to be ended by the kernel, or escaped that.
    for pid in $(processes "$group"); do kill -9 "$pid" 2>/dev/null || :; done
    remove_cgroup "$group" || left=1
  done
  return "$left"
}

# Groups of labs whose own sweeper was killed too: in a lab that lives, the group of every hierarchy holds a process.
remove_forgotten() {
  for top in $(hierarchies); do
    find "$top" -mindepth 1 -maxdepth 1 -type d -name 'wirework-lab-*' -mmin +2 | while read -r group; do
      if [ -z "$(processes "$group")" ]; then remove_cgroup "$group" || :; fi
    done
  done
}

sweep() {
  # End of file comes when the process that opened the lab is gone, by whatever cause.
  cat >/dev/null
  tries=0
  # A busy machine takes a namespace apart slowly.
  until remove_cgroups "$1"; do
    tries=$((tries + 1))
    [ "$tries" -lt 1000 ] || exit 1
    sleep 0.1
  done
  # A lab inside a lab does not see the processes of others, and would take their groups for forgotten ones.
  if [ -z "${WIREWORK_LAB-}" ]; then remove_forgotten; fi
}

verb=$1
shift
case $verb in
  enter) enter "$@" ;;
  sweep) sweep "$@" ;;
  *) echo "namespace.sh: unknown verb $verb: enter or sweep" >&2; exit 64 ;;
esac
