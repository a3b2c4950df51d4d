import { createFar, type Far } from "../lab/far";
import type { LabHost } from "../lab/host";
import type { NetworkManager } from "../lab/host-network";
import { loadImages } from "../lab/images";
import type { Lan } from "../lab/lan";
import { beforeStop, type Debian, forwardIpv6, lab, type Site } from "./support";

/** A host with two uplinks, and a server that both lead to. */
export interface TwoUplinks extends Site<LabHost> {
  readonly second: Lan;
  readonly far: Far;
}

const initials: { readonly [M in NetworkManager]: string } = {
  ifupdown: "if",
  networkd: "nd",
  networkManager: "nm",
  netplan: "np",
  openrc: "or",
  sysvinit: "sv",
};
const places = new Map<string, Promise<TwoUplinks>>();

/** Debian testing runs in full hosts alone. */
export type UplinksDebian = Debian | "testing";

/** The place of a Debian, and of a network manager that is not its usual one; made by the first scenario that needs it. */
export function twoUplinks(debian: UplinksDebian, networkManager?: NetworkManager): Promise<TwoUplinks> {
  const release = debian === "testing" ? "t" : debian;
  const name = networkManager === undefined ? release : `${initials[networkManager]}${release}`;
  const known = places.get(name) ?? makePlace(name, debian, networkManager);
  places.set(name, known);
  return known;
}

async function makePlace(place: string, debian: UplinksDebian, networkManager?: NetworkManager): Promise<TwoUplinks> {
  const net = await lab;
  const lan = await net.lan({
    name: `one${place}`,
    subnet: "192.168.9.0/24",
    gateway: "192.168.9.1",
    subnet6: "fd00:9::/64",
    gateway6: "fd00:9::1",
  });
  const second = await net.lan({
    name: `two${place}`,
    subnet: "192.168.20.0/24",
    gateway: "192.168.20.1",
    subnet6: "fd00:20::/64",
    gateway6: "fd00:20::1",
    dhcp: { from: "192.168.20.100", to: "192.168.20.120" },
  });
  const far = await createFar(`far${place}`, [lan, second]);
  const options = {
    name: `uplinks${place}`,
    ...(networkManager && { networkManager }),
    lans: [
      {
        lan,
        interface: "eth1",
        addresses: ["192.168.9.10/24", "fd00:9::10/64"],
        gateway: "192.168.9.1",
        gateway6: "fd00:9::1",
      },
      { lan: second, interface: "eth2", addresses: ["192.168.20.10/24", "fd00:20::10/64"] },
    ],
  };
  const host =
    debian === "testing" ? await net.fullHost({ ...options, debian }) : await net.lightHost({ ...options, debian });
  await prepare(host);
  return { lan, second, far, host, found: await host.snapshot() };
}

async function prepare(host: LabHost): Promise<void> {
  await forwardIpv6(host); // it is no trace of ours
  await loadImages(host);
}

/** The address by which the far server sees who runs there; what went wrong where it does not. */
export async function seen(place: TwoUplinks, where: string, family: 4 | 6): Promise<string> {
  const to = family === 4 ? place.far.address : place.far.address6;
  const command = `busybox nc -w 3 ${to} ${place.far.port} </dev/null`;
  const inside = where === "host" ? command : `docker exec ${where} ${command}`;
  const { stdout, stderr } = await place.host.exec(inside, { check: false });
  return stdout.split(" ")[1] ?? `nobody: ${stderr.trim()}`;
}

// A scenario that failed half-way must not fail the ones after it.
afterEach(async function () {
  if (this.currentTest?.state !== "failed") return;
  for (const place of await Promise.all(places.values())) {
    await place.host.reset();
    await prepare(place.host);
    place.found = await place.host.snapshot();
  }
});

beforeStop.push(async () => {
  for (const { far } of await Promise.all(places.values())) await far.remove();
});
