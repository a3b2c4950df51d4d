import { inSandbox, type Sandbox, type SandboxOptions } from "./support";

// Stands for Docker's command, which no sandbox has a daemon for: says what /run/docker/containers holds, passes on what is
// written to /run/docker/events, and shows what it was asked to run. The real one answers in tests/engine.
export const DOCKER = `#!/bin/sh
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
until ip -6 route show table local | grep -q fd00:9::1; do sleep 0.02; done
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
  ip address add 192.168.9.1${number}/24 dev eth7; for address in fd00:9::1${number} fe80::1${number}; do ip address add $address/64 dev eth7 nodad; done; ip route add default via 192.168.9.1'
printf '%s\\n' "container /${name} $(date +%s%N)abc $pid $(date -u +%FT%T.%NZ)" "endpoint /${name} lan ${givenMac(number)} 192.168.9.1${number} fd00:9::1${number}/64" >/run/docker/containers/${name}
echo start >>/run/docker/events`;
  await host.exec(script, "", true);
}

/** Ends a container: Docker says that it does not run. */
export async function stopContainer(host: Sandbox, name: string): Promise<void> {
  const script = `pid=$(awk '$4 > 0 { print $4; exit }' /run/docker/containers/${name} 2>/dev/null); [ -n "$pid" ] || exit 0
kill $pid; while readlink /proc/$pid/ns/net >/dev/null; do sleep 0.02; done; ip link del v-${name} 2>/dev/null
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

// A bridge with a name of its own, as Docker makes one, and a client beyond the wire: fd00:9::1 asks fd00:9::10.
const BRIDGE = `
sysctl -q net.ipv6.conf.all.forwarding=1
ip link add br0 address 02:00:00:00:00:b0 type bridge; echo 1 >/proc/sys/net/ipv6/conf/br0/addr_gen_mode; ip link set br0 up; ip address add fd00:17::1/64 dev br0 nodad
ip link add keep type veth peer name keeper; ip link set keeper up; ip link set keep master br0 up # it has carrier without containers
ip address add fd00:9::10/64 dev eth0 nodad
for link in br0 eth0; do ip address add fe80::1/64 dev $link nodad; done # what is forwarded asks for neighbours by these
touch /run/docker/client; unshare --net=/run/docker/client true; ip link set wire netns /run/docker/client
nsenter --net=/run/docker/client sh -c 'ip link set lo up; ip link set wire up; ip address add fd00:9::1/64 dev wire nodad'
while ip link show dev eth0 | grep -q NO-CARRIER; do sleep 0.02; done # the kernel says it in its own time`;

/** A bridge network `net` behind the host, and a client beyond the host's link. */
export const withBridge = (host: Sandbox) => host.exec(BRIDGE, "", true);

/** Says to each client, on TCP and UDP ports 5000, 5001 and 6000, its name and the address that it sees. */
const SERVER = `
const say = (client) => process.argv[1] + " " + client + "\\n";
for (const port of [5000, 5001, 6000]) {
  require("node:net").createServer((socket) => socket.end(say(socket.remoteAddress)).on("error", () => {})).listen(port, "::");
  const udp = require("node:dgram").createSocket("udp6");
  udp.on("message", (_, { address, port }) => udp.send(say(address), port, address)).bind(port, "::");
}`;

/** Starts a container on the bridge, anew if it runs, with address fd00:17::N, and a server in it. */
export async function startServer(host: Sandbox, name: string, number: number): Promise<void> {
  await stopContainer(host, name);
  const script = `
server=$(cat)
(unshare --net node -e "$server" ${name} </dev/null >/dev/null 2>&1 & echo $! >/run/docker/pid)
pid=$(cat /run/docker/pid)
until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link add v-${name} type veth peer name eth0 netns $pid; ip link set v-${name} master br0 up
nsenter --net=/proc/$pid/ns/net sh -c 'ip link set lo up; ip link set eth0 up; ip address add fd00:17::${number}/64 dev eth0 nodad; ip route add default via fd00:17::1'
until nsenter --net=/proc/$pid/ns/net ss -Hlun | grep -q :6000; do sleep 0.02; done
printf '%s\\n' "container /${name} $(date +%s%N)abc $pid $(date -u +%FT%T.%NZ)" "endpoint /${name} net 02:42:00:00:00:0${number} - fd00:17::${number}/64" >/run/docker/containers/${name}
echo start >>/run/docker/events`;
  await host.exec(script, SERVER, true);
}

/** Asks the service from a place (`client`, `host` or a container) and gives its answer; "refused" or "silent" without one. */
export async function ask(host: Sandbox, from: string, port: number, protocol = "tcp"): Promise<string> {
  const where =
    from === "client"
      ? "nsenter --net=/run/docker/client"
      : from === "host"
        ? ""
        : `nsenter --net=/proc/$(awk '{ print $4; exit }' /run/docker/containers/${from})/ns/net`;
  const talk = `exec 3<>/dev/${protocol}/fd00:9::10/${port} || exit 7; ${protocol === "udp" ? "echo >&3; " : ""}dd bs=1500 count=1 status=none <&3`;
  const { stdout, stderr } = await host.exec(`${where} timeout 2 bash --norc -c '${talk}'`);
  return stdout.trim() || (/refused/i.test(stderr) ? "refused" : "silent");
}
