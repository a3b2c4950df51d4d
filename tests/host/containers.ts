import { inSandbox, type Sandbox, type SandboxOptions } from "./support";

// Stands for Docker's command, which no sandbox has a daemon for: says what /run/docker/containers holds, passes on what is
// written to /run/docker/events, and shows what it was asked to run. The real one answers in tests/engine.
const DOCKER = `#!/bin/sh
case $1 in
  version) echo "28.5.2 1.51" ;;
  inspect)
    if [ -e /run/docker/away ]; then echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock." >&2; exit 1; fi
    shift 5; code=0
    for one; do
      grep -lsE "^container (/$one|[^ ]+ $one) " /run/docker/containers/* >/run/docker/found && cat $(cat /run/docker/found) || { echo "Error: No such container: $one" >&2; code=1; }
    done
    exit $code ;;
  events) exec tail -n 0 -f /run/docker/events ;;
  exec) shift; for word; do printf '<%s>\\n' "$word"; done >/run/docker/asked; [ "$2" != false ] ;;
esac
`;

// The host's link leads to a wire whose other end has the gateways; a container is a namespace with a macvlan link.
const WIRE = `
ip address add 192.168.9.1/24 dev wire; ip address add fd00:9::1/64 dev wire nodad
mkdir -p /run/docker/containers; : >/run/docker/events`;

/** A host with containers: `inspect` says where they are. */
export async function inContainerSandbox(
  test: (host: Sandbox) => Promise<void>,
  options?: SandboxOptions,
): Promise<void> {
  await inSandbox(async (host) => {
    host.program("docker", DOCKER);
    await host.exec(WIRE, "", true);
    await test(host);
  }, options);
}

/** The MAC that Docker gives to the container with this number. */
export const givenMac = (number: number) => `02:00:00:00:00:1${number}`;

/**
 * Starts a container, anew if it runs: namespace, process and id are others each time, the address is that of its number
 * on network `lan` (192.168.9.1N, fd00:9::1N), link eth7.
 */
export async function startContainer(host: Sandbox, name: string, number: number): Promise<void> {
  await stopContainer(host, name);
  const script = `
(unshare --net sleep 300 </dev/null >/dev/null 2>&1 & echo $! >/run/docker/pid)
pid=$(cat /run/docker/pid)
until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link add link eth0 name c${number} address ${givenMac(number)} type macvlan mode bridge
ip link set c${number} netns $pid name eth7
nsenter --net=/proc/$pid/ns/net sh -c 'ip link set lo up; echo 1 >/proc/sys/net/ipv6/conf/eth7/addr_gen_mode; ip link set eth7 up
  ip address add 192.168.9.1${number}/24 dev eth7; ip address add fd00:9::1${number}/64 dev eth7 nodad; ip route add default via 192.168.9.1'
printf '%s\\n' "container /${name} $(date +%s%N)abc $pid $(date -u +%FT%T.%NZ)" "endpoint /${name} lan ${givenMac(number)} 192.168.9.1${number} fd00:9::1${number}/64" >/run/docker/containers/${name}
echo start >>/run/docker/events`;
  await host.exec(script, "", true);
}

/** Ends a container: Docker says that it does not run. */
export async function stopContainer(host: Sandbox, name: string): Promise<void> {
  const script = `[ -e /run/docker/containers/${name} ] || exit 0
pid=$(awk '{ print $4; exit }' /run/docker/containers/${name}); kill $pid; while readlink /proc/$pid/ns/net >/dev/null; do sleep 0.02; done
echo "container /${name} 0abc 0 0001-01-01T00:00:00Z" >/run/docker/containers/${name}; echo die >>/run/docker/events`;
  await host.exec(script, "", true);
}

/** Runs a command in a container's namespace. */
export const insideContainer = (host: Sandbox, name: string, command: string) =>
  host.exec(`nsenter --net=/proc/$(awk '{ print $4; exit }' /run/docker/containers/${name})/ns/net ${command}`);

/** The MAC of a container's link. */
export async function macOf(host: Sandbox, name: string): Promise<string> {
  return /link\/ether (\S+)/.exec((await insideContainer(host, name, "ip link show eth7")).stdout)?.[1] ?? "";
}
