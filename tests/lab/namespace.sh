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
  mkdir -p /run/lock /run/netns /run/sshd /run/systemd/nspawn /run/wirework
  # /sys shows the network of whoever mounted it.
  mkdir /run/cgroup
  mount --rbind /sys/fs/cgroup /run/cgroup
  mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
  mount --rbind /run/cgroup /sys/fs/cgroup
  umount -R /run/cgroup
  rmdir /run/cgroup
  ip link set lo up
  status=0
  WIREWORK_LAB=$lab "$@" || status=$?
  exit "$status"
}

remove_cgroups() {
  left=0
  for top in $(hierarchies); do
    group="$top/wirework-lab-$1"
    [ -d "$group" ] || continue
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || :
    if [ -d "$group" ]; then left=1; fi
  done
  return "$left"
}

sweep() {
  # End of file comes when the process that opened the lab is gone, by whatever cause.
  cat >/dev/null
  tries=0
  until remove_cgroups "$1"; do
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || exit 1
    sleep 0.05
  done
}

verb=$1
shift
case $verb in
  enter) enter "$@" ;;
  sweep) sweep "$@" ;;
  *) echo "namespace.sh: unknown verb $verb: enter or sweep" >&2; exit 64 ;;
esac
