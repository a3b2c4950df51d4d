import type { PublishedPortArgs } from "../components/bridge-agent";
import type { ContainerArgs } from "../components/container-args";
import type { ServicePortArgs } from "../components/ipv6-dnat-service";
import type { Ipv6DnatMode } from "../plan/ipv6-dnat-service";

/** What the collector listens on: `listen_mode` of its openbmpd.conf. */
export const OpenBmpListenMode = {
  /** IPv4 alone, as in the image's own file. */
  V4: "v4",
  /** IPv6 alone. */
  V6: "v6",
  /** Both. */
  Both: "v4v6",
} as const;
/** One of the values of {@link OpenBmpListenMode}. */
export type OpenBmpListenMode = (typeof OpenBmpListenMode)[keyof typeof OpenBmpListenMode];

/** What differs between one OpenBMP collector and another. */
export interface OpenBmpSettings {
  /**
   * Name by which users of Kafka and of the REST interface reach this host.
   * @default "localhost" - there are none
   */
  readonly apiHost?: string;
  /**
   * Families on which the collector listens.
   * @default OpenBmpListenMode.Both
   */
  readonly listenMode?: OpenBmpListenMode;
  /**
   * Who leads IPv6 to the collector. With `proxy` it sees Docker's bridge in place of each router, so that it must tell
   * routers apart by what they say of themselves (`pat_enabled`).
   * @default Ipv6DnatMode.Managed
   */
  readonly mode?: Ipv6DnatMode;
  /**
   * Folder on the host for database and configuration. It stays when the collector goes.
   * @default "/var/openbmp"
   */
  readonly folder?: string;
}

/** The values of an OpenBMP collector, for the components that carry it. */
export interface OpenBmpPreset {
  /** The container, for a `BridgeAgent`. */
  readonly container: ContainerArgs & { readonly ports: PublishedPortArgs[] };
  /** What routers and browsers reach over IPv6, for an `Ipv6DnatService`. */
  readonly service: { readonly mode: Ipv6DnatMode; readonly ports: ServicePortArgs[] };
  /** What to know before the update: for `pulumi.log.warn`. */
  readonly notes: readonly string[];
}

// Runs in the container, before the image's own start. What is no other's to choose is set at each start; every other line of
// the file is its owner's. The image's start gives its own copy of the file the same admin_id: routers are hashed with it.
const START = `
conf=/config/openbmpd.conf
if [ ! -s "$conf" ]; then
  sed "s/admin_id:.*/admin_id: \${ADMIN_ID:-collector}/" /usr/etc/openbmp/openbmpd.conf >"$conf.new" && mv "$conf.new" "$conf" || exit 1
fi
set_value() {
  grep -q "^[[:blank:]]*$1:" "$conf" || { [ "$2" = false ] && return; echo "$conf has no $1" >&2; exit 1; }
  sed -i "s/^\\([[:blank:]]*$1:[[:blank:]]*\\)[^[:blank:]#]*/\\1$2/" "$conf" || exit 1
}
set_value listen_mode "$1"
set_value pat_enabled "$2"
exec /usr/sbin/run_all_in_one`;

/**
 * The OpenBMP (SNAS) all-in-one collector: values for a `BridgeAgent` and for an `Ipv6DnatService`.
 *
 * The values are those of the `docker run` line and the folders in the README of the image `openbmp/aio`, and of the page
 * "Docker IPv6 and AIO Container". The collector's openbmpd.conf begins as a copy of the image's default; then two of its lines
 * are set, `listen_mode` and `pat_enabled`, and everything else in it stays as it is found. A change of the two replaces the
 * container. Every value can be overridden.
 *
 * @example
 * ```ts
 * import { BridgeAgent, type Host, Ipv6DnatService, openBmp } from "wirework";
 *
 * export function collector(host: Host) {
 *   const { container, service } = openBmp({ apiHost: "bmp.example.net" });
 *   const agent = new BridgeAgent("openbmp_aio", { ...container, host: host.ref });
 *   return new Ipv6DnatService("bmp", { ...service, host: host.ref, container: agent.containerName, link: "eth0" });
 * }
 * ```
 *
 * @param settings - What differs from one collector to another.
 */
export function openBmp(settings: OpenBmpSettings = {}): OpenBmpPreset {
  const { apiHost = "localhost", listenMode = "v4v6", mode = "managed", folder = "/var/openbmp" } = settings;
  const overIpv6 = [5000, 8001]; // BMP, REST
  const published = [9092, 3306, 2181, ...overIpv6]; // Kafka, MySQL, ZooKeeper
  const byDocker = mode === "managed" ? [] : overIpv6;
  return {
    container: {
      image: "openbmp/aio",
      command: ["sh", "-c", START, "openbmp", listenMode, String(mode === "proxy")],
      environment: { API_FQDN: apiHost },
      volumes: [
        { hostPath: `${folder}/mysql`, containerPath: "/data/mysql" },
        { hostPath: `${folder}/config`, containerPath: "/config" },
      ],
      ports: [
        ...published.map((port) => ({ internal: port, external: port })),
        ...byDocker.map((port) => ({ internal: port, external: port, ip: "::" })),
      ],
    },
    service: { mode, ports: overIpv6.map((port) => ({ port })) },
    notes: mode === "proxy" ? [REHASHED(folder)] : [],
  };
}

const REHASHED = (folder: string) =>
  `with pat_enabled routers get other hashes: what is in ${folder}/mysql from before will not match. Nothing of it is deleted; ` +
  "for a new beginning empty that folder while the collector is stopped";
