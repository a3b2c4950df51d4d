import { type Address, addressText, parseAddress } from "../net/address";
import { parseResourceName } from "../net/resource-name";
import type { Problems } from "../problems";
import { type EndpointPlan, endpointClaims } from "./agent";
import { execLines, readCommand } from "./command-words";
import { parseImage } from "./container";
import { linkScope, type PlanContext, requireHost, startProblems } from "./context";
import { checkFixedAddress } from "./fixed-address";
import type { Claim } from "./inventory";
import { type JoinedNetwork, readJoinedNetwork } from "./joined-network";
import type { NetworkFacts } from "./network-facts";
import { memberPath, read, readBoolean, readInteger, readLine, readList, readObject, readRequired } from "./read";

/** Arguments of a measurement, all known. Give `network` or `networkName`. */
export interface MeasurementSettings {
  /** @default - `networkName` is given */
  readonly network?: NetworkFacts;
  /** @default - `network` is given */
  readonly networkName?: string;
  /** Image of the tool. */
  readonly image: string;
  /** @default - as the image has it */
  readonly command?: readonly string[];
  /** @default - given by Docker */
  readonly ipv4Address?: string;
  /** @default - given by Docker */
  readonly ipv6Address?: string;
  /** @default 60 */
  readonly timeoutSeconds?: number;
  /** @default false */
  readonly allowFailure?: boolean;
  /** @default - none */
  readonly triggers?: readonly string[];
}

/** All that a measurement comes to. */
export interface MeasurementPlan {
  /** What the host is asked, a line each. */
  readonly lines: readonly string[];
  /** The addresses. */
  readonly claims: readonly Claim[];
  /** What may surprise. */
  readonly warnings: readonly string[];
}

const KNOWN: readonly (keyof MeasurementSettings)[] = [
  "network",
  "networkName",
  "image",
  "command",
  "ipv4Address",
  "ipv6Address",
  "timeoutSeconds",
  "allowFailure",
  "triggers",
];

/** Networks of Docker's own, where nobody chooses an address. */
const WITHOUT_FIXED = ["bridge", "host", "none"];

/** Plans a measurement. Throws one ArgumentError with all problems. */
export function planMeasurement(context: PlanContext, given: MeasurementSettings): MeasurementPlan {
  const problems = startProblems(context);
  const settings = readObject(problems, "", given, [...KNOWN, "host"]);
  requireHost(problems, context, "give host.ref: the tool runs there");
  if ((settings.network === undefined) === (settings.networkName === undefined)) {
    const rule = settings.network === undefined ? "is missing, and networkName too" : "is given, and networkName too";
    problems.add("network", undefined, rule, "give the ref of a network, or the name of one that is there already");
  }
  const network = readJoinedNetwork(problems, "network", settings.network, context);
  const networkName = read(problems, "networkName", settings.networkName, parseResourceName);
  const image = readRequired(problems, "image", settings.image, parseImage) ?? "";
  const command = readCommand(problems, "command", settings.command);
  const addresses = readAddresses(problems, settings, { network, networkName });
  const limits = { from: 1, to: 3600, unit: " seconds" };
  const timeout = readInteger(problems, "timeoutSeconds", settings.timeoutSeconds, limits) ?? 60;
  const allowFailure = readBoolean(problems, "allowFailure", settings.allowFailure) ?? false;
  const triggers = readList(problems, "triggers", settings.triggers).flatMap((one, index) => {
    return readLine(problems, memberPath("triggers", index), one) ?? [];
  });
  problems.throwIfAny();

  const name = network?.facts.name ?? networkName!;
  const endpoint: EndpointPlan = {
    networkName: name,
    ...Object.fromEntries(addresses.map((address) => [`ipv${address.family}Address`, addressText(address)])),
  };
  return {
    lines: [
      `image ${image}`,
      `network ${name}`,
      ...addresses.map((address) => `address ${addressText(address)}`),
      `timeout ${timeout}`,
      ...(allowFailure ? ["allow failure"] : []),
      ...triggers.map((trigger) => `again ${Buffer.from(trigger).toString("hex")}`),
      ...execLines(command),
    ],
    claims: endpointClaims(context, linkScope(context, network?.facts ?? { name }), endpoint),
    warnings: [],
  };
}

function readAddresses(
  problems: Problems,
  settings: Partial<MeasurementSettings>,
  { network, networkName }: { readonly network?: JoinedNetwork; readonly networkName?: string },
): Address[] {
  return ([4, 6] as const).flatMap((family) => {
    const path = `ipv${family}Address` as const;
    const address = read(problems, path, settings[path], (value) => parseAddress(value, family));
    if (address !== undefined && network !== undefined) {
      checkFixedAddress(problems, path, address, network);
    } else if (address !== undefined && WITHOUT_FIXED.includes(networkName ?? "")) {
      const rule = `cannot be chosen on network ${networkName}`;
      problems.add(path, addressText(address), rule, "leave it out, or give a network with subnets of yours");
    }
    return address ?? [];
  });
}
