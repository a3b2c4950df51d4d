import { parseAddress } from "../net/address";
import { bad, type Checked, good } from "../net/checked";
import { parseHostName, parseResourceName } from "../net/resource-name";
import type { Problems } from "../problems";
import { type PlanContext, startProblems } from "./context";
import { parseLabelKey } from "./docker-network";
import {
  isGiven,
  memberPath,
  read,
  readChoice,
  readInteger,
  readList,
  readObject,
  readRecord,
  readRequired,
} from "./read";

/** When Docker starts a container again. */
export const RestartPolicy = {
  /** Never. */
  No: "no",
  /** When the program ended with an error. */
  OnFailure: "on-failure",
  /** Whenever it ended, and when the engine starts. */
  Always: "always",
  /** Like always, but a container that was stopped by hand stays stopped. */
  UnlessStopped: "unless-stopped",
} as const;
/** One of the values of {@link RestartPolicy}. */
export type RestartPolicy = (typeof RestartPolicy)[keyof typeof RestartPolicy];

/** A folder, file or volume inside the container. */
export interface VolumeSettings {
  readonly containerPath?: string;
  readonly hostPath?: string;
  readonly volumeName?: string;
  readonly readOnly?: boolean;
  readonly selinuxRelabel?: string;
}

/** A device of the host inside the container. */
export interface DeviceSettings {
  readonly hostPath?: string;
  readonly containerPath?: string;
  readonly permissions?: string;
}

/** A resource limit. */
export interface UlimitSettings {
  readonly name?: string;
  readonly soft?: number;
  readonly hard?: number;
}

/** The known part of a container's arguments. Unknown and secret ones are left out by the caller. */
export interface ContainerSettings {
  readonly image?: string;
  readonly containerName?: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly hostname?: string;
  readonly environment?: { readonly [name: string]: unknown };
  readonly restart?: string;
  readonly memoryMiB?: number;
  readonly memorySwapMiB?: number;
  readonly cpuShares?: number;
  readonly cpuSet?: string;
  readonly addCapabilities?: readonly string[];
  readonly dropCapabilities?: readonly string[];
  readonly privileged?: boolean;
  readonly init?: boolean;
  readonly tty?: boolean;
  readonly stdinOpen?: boolean;
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly readOnly?: boolean;
  readonly volumes?: readonly VolumeSettings[];
  readonly tmpfs?: { readonly [path: string]: unknown };
  readonly devices?: readonly DeviceSettings[];
  readonly sysctls?: { readonly [key: string]: unknown };
  readonly ulimits?: readonly UlimitSettings[];
  readonly dns?: readonly string[];
  readonly dnsSearches?: readonly string[];
  readonly hosts?: readonly { readonly host?: string; readonly ip?: string }[];
  readonly labels?: { readonly [key: string]: unknown };
  readonly healthcheck?: object;
  readonly logDriver?: string;
  readonly logOptions?: { readonly [key: string]: unknown };
  readonly securityOptions?: readonly string[];
  readonly shmSizeMiB?: number;
  readonly stopSignal?: string;
  readonly stopTimeoutSeconds?: number;
}

// A record and not a list: a name that is missing here does not compile.
const KNOWN: Readonly<Record<keyof ContainerSettings, true>> = {
  image: true,
  containerName: true,
  command: true,
  entrypoint: true,
  hostname: true,
  environment: true,
  restart: true,
  memoryMiB: true,
  memorySwapMiB: true,
  cpuShares: true,
  cpuSet: true,
  addCapabilities: true,
  dropCapabilities: true,
  privileged: true,
  init: true,
  tty: true,
  stdinOpen: true,
  user: true,
  workingDirectory: true,
  readOnly: true,
  volumes: true,
  tmpfs: true,
  devices: true,
  sysctls: true,
  ulimits: true,
  dns: true,
  dnsSearches: true,
  hosts: true,
  labels: true,
  healthcheck: true,
  logDriver: true,
  logOptions: true,
  securityOptions: true,
  shmSizeMiB: true,
  stopSignal: true,
  stopTimeoutSeconds: true,
};

/** Names of all container arguments. */
export const CONTAINER_ARGUMENTS: readonly string[] = Object.keys(KNOWN);

/** Checks a container alone. Throws one ArgumentError with all problems; an agent's plan does the same with the rest. */
export function checkContainer(context: PlanContext, settings: ContainerSettings): void {
  const problems = startProblems(context);
  readContainer(problems, settings, CONTAINER_ARGUMENTS);
  problems.throwIfAny();
}

/** Notes what is wrong with a container's arguments, as far as that can be seen without Docker. */
export function readContainer(problems: Problems, settings: ContainerSettings, known: readonly string[]): void {
  const given = readObject(problems, "", settings, known);
  read(problems, "image", given.image, parseImage);
  read(problems, "containerName", given.containerName, parseResourceName);
  read(problems, "hostname", given.hostname, parseHostName);
  readChoice(problems, "restart", given.restart, Object.values(RestartPolicy));
  read(problems, "workingDirectory", given.workingDirectory, parseAbsolutePath);
  readLimits(problems, given);
  for (const argument of ["command", "entrypoint"] as const) {
    readList(problems, argument, given[argument]).forEach((word, index) => {
      readRequired(problems, memberPath(argument, index), word, parseWord);
    });
  }
  readList(problems, "dns", given.dns).forEach((address, index) => {
    readRequired(problems, memberPath("dns", index), address, (text) => parseAddress(text));
  });
  for (const argument of ["addCapabilities", "dropCapabilities"] as const) {
    readList(problems, argument, given[argument]).forEach((name, index) => {
      readRequired(problems, memberPath(argument, index), name, parseCapability);
    });
  }
  readHosts(problems, given.hosts);
  readPlaces(problems, given);
  readUlimits(problems, given.ulimits);
  // Values of these may be secret: their names alone are looked at.
  readRecord(problems, "environment", given.environment, parseVariable);
  readRecord(problems, "labels", given.labels, parseLabelKey);
  readRecord(problems, "sysctls", given.sysctls, parseSysctl);
}

function readLimits(problems: Problems, given: Partial<ContainerSettings>): void {
  // Docker refuses less than 6 MiB; an exbibyte is beyond every machine and still a safe integer in bytes.
  const memory = readInteger(problems, "memoryMiB", given.memoryMiB, { from: 6, to: 2 ** 32, unit: " MiB" });
  const swap = readInteger(problems, "memorySwapMiB", given.memorySwapMiB, { from: -1, to: 2 ** 32, unit: " MiB" });
  if (swap !== undefined && swap !== -1 && memory !== undefined && swap < memory) {
    const rule = `is less than memoryMiB ${memory}, which it includes`;
    problems.add("memorySwapMiB", swap, rule, `give ${memory} or more, or -1 for no limit`);
  }
  if (swap !== undefined && swap !== -1 && given.memoryMiB === undefined) {
    problems.add("memorySwapMiB", swap, "needs memoryMiB, which it includes", "give memoryMiB too");
  }
  readInteger(problems, "cpuShares", given.cpuShares, { from: 2, to: 262144 });
  readInteger(problems, "shmSizeMiB", given.shmSizeMiB, { from: 1, to: 2 ** 32, unit: " MiB" });
  readInteger(problems, "stopTimeoutSeconds", given.stopTimeoutSeconds, { from: 0, to: 86400, unit: " seconds" });
}

function readHosts(problems: Problems, hosts: ContainerSettings["hosts"]): void {
  readList(problems, "hosts", hosts).forEach((entry, index) => {
    const at = memberPath("hosts", index);
    const { host, ip } = readObject(problems, at, entry, ["host", "ip"]);
    readRequired(problems, `${at}.host`, host, parseHostName);
    // Docker itself resolves this word to the host's address.
    if (ip !== "host-gateway") {
      readRequired(problems, `${at}.ip`, ip, (text) => parseAddress(text, 4));
    }
  });
}

/** Volumes, folders in memory and devices: each place inside the container is taken once. */
function readPlaces(problems: Problems, given: Partial<ContainerSettings>): void {
  const taken = new Map<string, string>();
  const take = (path: string, place: unknown) => {
    const read = readRequired(problems, path, place, parseAbsolutePath)?.replace(/\/+$/, "");
    const other = read === undefined ? undefined : taken.get(read);
    if (read === "") {
      problems.add(path, place, "is the root of the container", "choose a folder below it");
    } else if (other !== undefined) {
      problems.add(path, place, `is the place of ${other} too`, "choose another place inside the container");
    } else if (read !== undefined) {
      taken.set(read, path);
    }
  };
  const members = ["containerPath", "hostPath", "volumeName", "readOnly", "selinuxRelabel"];
  readList(problems, "volumes", given.volumes).forEach((entry, index) => {
    const at = memberPath("volumes", index);
    const volume = readObject(problems, at, entry, members);
    take(`${at}.containerPath`, volume.containerPath);
    const hostPath = read(problems, `${at}.hostPath`, volume.hostPath, parseAbsolutePath);
    const name = read(problems, `${at}.volumeName`, volume.volumeName, parseResourceName);
    if (hostPath !== undefined && name !== undefined) {
      problems.add(at, undefined, "has hostPath and volumeName", "give one of the two");
    }
    readChoice(problems, `${at}.selinuxRelabel`, volume.selinuxRelabel, ["z", "Z"]);
  });
  for (const [place] of readRecord(problems, "tmpfs", given.tmpfs, parseAbsolutePath)) {
    take(memberPath("tmpfs", place), place);
  }
  readList(problems, "devices", given.devices).forEach((entry, index) => {
    const at = memberPath("devices", index);
    const device = readObject(problems, at, entry, ["hostPath", "containerPath", "permissions"]);
    readRequired(problems, `${at}.hostPath`, device.hostPath, parseAbsolutePath);
    take(`${at}.containerPath`, device.containerPath ?? device.hostPath);
    read(problems, `${at}.permissions`, device.permissions, parsePermissions);
  });
}

function readUlimits(problems: Problems, ulimits: ContainerSettings["ulimits"]): void {
  readList(problems, "ulimits", ulimits).forEach((entry, index) => {
    const at = memberPath("ulimits", index);
    const { name, soft, hard } = readObject(problems, at, entry, ["name", "soft", "hard"]);
    readRequired(problems, `${at}.name`, name, (text) =>
      typeof text === "string" && /^[a-z]+$/.test(text) ? good(text) : bad("is no limit", "give a name such as nofile"),
    );
    for (const [argument, value] of [
      ["soft", soft],
      ["hard", hard],
    ] as const) {
      if (isGiven(problems, `${at}.${argument}`, value)) {
        readInteger(problems, `${at}.${argument}`, value, { from: -1, to: Number.MAX_SAFE_INTEGER });
      }
    }
    if (Number.isInteger(soft) && Number.isInteger(hard) && hard !== -1 && (soft! > hard! || soft === -1)) {
      problems.add(`${at}.soft`, soft, `is above the hard limit ${hard}`, `give ${hard} or less`);
    }
  });
}

/** The image of a container, as Docker takes it. */
export function parseImage(input: unknown): Checked<string> {
  return typeof input === "string" && /^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/.test(input)
    ? good(input)
    : bad("is not an image", "give a name with tag or digest, such as ubuntu:24.04, or an id");
}

function parseWord(input: unknown): Checked<string> {
  return typeof input === "string" && !input.includes("\0")
    ? good(input)
    : bad("is not a text", "give a text, in quotes");
}

function parseAbsolutePath(input: unknown): Checked<string> {
  const wayOut = "give a path that begins with /, without . and .. in it";
  if (typeof input !== "string" || !input.startsWith("/") || /[\0:]/.test(input)) {
    return bad("is not an absolute path", wayOut);
  }
  return input.split("/").some((part) => part === "." || part === "..")
    ? bad("is not a plain path", wayOut)
    : good(input);
}

function parseCapability(input: unknown): Checked<string> {
  return typeof input === "string" && /^[A-Z][A-Z_]*$/.test(input)
    ? good(input)
    : bad("is not a capability", "give a name in capitals, such as NET_ADMIN, or ALL");
}

function parsePermissions(input: unknown): Checked<string> {
  return typeof input === "string" && /^(?!.*(.).*\1)[rwm]{1,3}$/.test(input)
    ? good(input)
    : bad("is not a set of permissions", "give letters of rwm, each once");
}

function parseVariable(input: unknown): Checked<string> {
  return typeof input === "string" && /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(input)
    ? good(input)
    : bad("is not the name of a variable", "give letters, digits and _, first no digit");
}

function parseSysctl(input: unknown): Checked<string> {
  return typeof input === "string" && /^(?:net|kernel|fs)\.[A-Za-z0-9._/-]+$/.test(input)
    ? good(input)
    : bad("is no setting of a container", "give a dotted key that begins with net., kernel. or fs.");
}
