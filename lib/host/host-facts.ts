/** What a host said of itself when the helper was installed. */
export interface HostFacts {
  /** /etc/machine-id: what the host is bound to. */
  machineId: string;
  /** Distribution and version: `Debian GNU/Linux 13 (trixie)`. */
  distribution: string;
  /** Kernel release. */
  kernel: string;
  /** Version of the Docker engine, empty where there is none. */
  dockerVersion: string;
  /** Newest API version of the Docker engine, empty where there is none. */
  dockerApi: string;
  /** Whether the engine runs rootless: it cannot put an agent on the LAN then. */
  rootless: boolean;
  /** Whether the engine maps container users to others. */
  userNamespaces: boolean;
  /** Version of iproute2. */
  iproute2: string;
  /** Version of nft, empty where there is none. */
  nft: string;
  /** Program that is process 1: `systemd`, `init`, `openrc`. */
  init: string;
  /** Who runs the host's links: `systemd-networkd`, `NetworkManager`, `ifupdown`, `netplan`, `openrc` or `unknown`. */
  networkManager: string;
  /** Link by which the SSH connection came in. */
  managementInterface: string;
  /** Address to which the SSH connection came. */
  managementAddress: string;
  /** Links that are wireless: an access point drops frames with any other MAC than the host's. */
  wireless: string[];
  /** Whether the kernel runs an IOMMU, which a NIC needs that is passed to a virtual machine; a container needs none. */
  iommu: boolean;
  /** NICs that can be divided (SR-IOV), each with its virtual functions: `eth2: 2 of 8`. */
  virtualFunctions: string[];
  /** Hypervisor, or `none`: many drop frames with a foreign MAC. */
  virtualization: string;
  /** Kernel modules of this library's features: `loaded`, `builtin`, `available` or `missing`. */
  modules: { [name: string]: string };
  /** What does not stop the work but may surprise, in sentences. */
  warnings: string[];
}

/** Reads the last line that `setup` prints. */
export function parseHostFacts(stdout: string): HostFacts {
  return JSON.parse(stdout.trim().split("\n").pop() ?? "") as HostFacts;
}
