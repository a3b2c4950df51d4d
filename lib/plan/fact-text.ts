import { addressText, BITS, isMulticast, parseAddress } from "../net/address";
import { bad, type Checked } from "../net/checked";
import { parseInterfaceName } from "../net/interface-name";
import { parseMac } from "../net/mac";
import { parsePrefix, prefixText } from "../net/prefix";
import { parseRate } from "../net/rate";
import { shown } from "../problems";
import { DHCP_ADDRESS, parseClientId, parseLabel } from "./dhcp";
import type { Fact } from "./facts";
import { CANDIDATES, Persistence } from "./persistence";

// One table says how the line of each kind reads. Printing and parsing both follow it, so that neither knows a word that
// the other does not. The helper on the host reads the same lines; a new kind is an entry here and one there.

type Value = string | number;

/** Reads a value; undefined when the text is not its one canonical form. */
type Form = (text: string) => Value | undefined;

/** A value in a line. */
interface Part {
  readonly field: string;
  readonly form: Form;
  /** Stands before the value. */
  readonly word?: string;
  readonly optional?: boolean;
  /** Stands in place of word and value when there is none. */
  readonly otherwise?: string;
  /** The value is the rest of the line, spaces and all. */
  readonly rest?: boolean;
  /** Stands right before the value, so that it may be empty or begin with a space. */
  readonly mark?: string;
}

const isWord: Form = (text) => (/^[\x21-\x7e]+$/.test(text) ? text : undefined);
const isRest: Form = (text) => (/^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(text) ? text : undefined);
const isText: Form = (text) => (/^[\x20-\x7e]*$/.test(text) ? text : undefined);
const isLineNumber: Form = (text) => (/^(?!000)[0-9]{3}$/.test(text) ? text : undefined);
const isPath: Form = (text) => (/^(?:\/[A-Za-z0-9._@-]+)+$/.test(text) ? text : undefined);
const isModule: Form = (text) => (/^[a-z0-9][a-z0-9_]{0,39}$/.test(text) ? text : undefined);
const isNumber: Form = (text) => (/^(?:0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : undefined);
const isOne: Form = (text) => (text === "1" ? 1 : undefined);
const isPorts: Form = (text) => (/^[1-9][0-9]{0,4}(?:-[1-9][0-9]{0,4})?$/.test(text) ? text : undefined);
const isMark: Form = (text) =>
  /^0x(?:0|[1-9a-f][0-9a-f]{0,7})\/0x[1-9a-f][0-9a-f]{0,7}$/.test(text) ? text : undefined;
const isJson: Form = (text) => (/^(?:true|false|"[0-9a-f:/]+"|\[[\x21-\x7e]+\])$/.test(text) ? text : undefined);
const isSecretName: Form = (text) => (/^[0-9a-f]{16}$/.test(text) ? text : undefined);
const isLink = canonical(parseInterfaceName, (name) => name);
const isMac = canonical(parseMac, (mac) => mac);
const isAddress = canonical((text) => parseAddress(text), addressText);
const isGroup = canonical((text) => {
  const parsed = parseAddress(text);
  return parsed.fault || isMulticast(parsed.value) ? parsed : bad("is no multicast group", "");
}, addressText);
const isRate = canonical(parseRate, (rate) => rate);
const isNetwork = canonical((text) => parsePrefix(text), prefixText);
// As a whole family the length 0 means something; as a network it would not.
const isPrefix: Form = (text) => (text === "0.0.0.0/0" || text === "::/0" ? text : isNetwork(text));
const isHostName = canonical(parseLabel, (label) => label);
const isClientId = canonical(parseClientId, (id) => id);
const isLinkAddress: Form = (text) => {
  const [, address = "", length = ""] = /^([^/]+)\/([1-9][0-9]*)$/.exec(text) ?? [];
  const parsed = parseAddress(address);
  const fits = !parsed.fault && addressText(parsed.value) === address && Number(length) <= BITS[parsed.value.family];
  return fits ? text : undefined;
};

const isWay: Form = (text) => {
  const [, to = "", via, metric] = /^(\S+)(?: via (\S+))?(?: metric ([1-9][0-9]{0,9}))?$/.exec(text) ?? [];
  const routed = isNetwork(to) !== undefined && (via === undefined || isAddress(via) !== undefined);
  return routed && !(metric === "1024" && to.includes(":")) ? text : undefined;
};

function listOf(separator: string, form: Form): Form {
  return (text) => (text.split(separator).every((one) => form(one) !== undefined) ? text : undefined);
}

/** What stands behind a backend that may be chosen; parsed as any line. */
function isOffered(text: string): Value | undefined {
  return /^(?:require|file) /.test(text) && factText(parseFact(text)) === text ? text : undefined;
}

function canonical<T>(parse: (text: string) => Checked<T>, print: (value: T) => string): Form {
  return (text) => {
    const parsed = parse(text);
    return !parsed.fault && print(parsed.value) === text ? text : undefined;
  };
}

const orLeased =
  (form: Form): Form =>
  (text) =>
    text === DHCP_ADDRESS ? text : form(text);

function isOneOf(...choices: readonly string[]): Form {
  return (text) => (choices.includes(text) ? text : undefined);
}

/** Kinds in the order in which they are written: what only asks or permits first, then a link before its address, an address before a route that uses it. */
const GRAMMAR: { readonly [K in Fact["kind"]]: readonly Part[] } = {
  window: [{ field: "seconds", form: isNumber }],
  allow: [{ field: "what", form: isOneOf("management-impact", "docker-restart") }],
  require: [{ field: "condition", form: isRest, rest: true }],
  persistence: [
    { field: "backend", form: isOneOf(...Object.values(Persistence).filter((one) => one !== Persistence.Unit)) },
  ],
  module: [{ field: "name", form: isModule }],
  table: [
    { field: "id", form: isNumber },
    { word: "name", field: "name", form: isWord },
  ],
  guard: [{ field: "what", form: isOneOf("routes") }],
  link: [
    { field: "name", form: isLink },
    { word: "parent", field: "parent", form: isLink, optional: true },
    { word: "type", field: "type", form: isOneOf("macvlan", "ipvlan", "vlan", "bridge", "veth", "dummy") },
    { word: "mode", field: "mode", form: isWord, optional: true },
    { word: "flag", field: "flag", form: isOneOf("bridge", "private", "vepa"), optional: true },
    { word: "id", field: "id", form: isNumber, optional: true },
    { word: "protocol", field: "protocol", form: isOneOf("802.1ad"), optional: true },
    { word: "peer", field: "peer", form: isLink, optional: true },
    { word: "address", field: "address", form: isMac, optional: true },
    { word: "mtu", field: "mtu", form: isNumber, optional: true },
    { word: "stp_state", field: "stpState", form: isOne, optional: true },
  ],
  set: [
    { field: "dev", form: isLink },
    { word: "master", field: "master", form: isLink, optional: true },
    { word: "promisc", field: "promisc", form: isOneOf("on"), optional: true },
    { field: "state", form: isOneOf("up"), optional: true },
  ],
  tunnel: [
    { field: "id", form: isNumber },
    { word: "peer", field: "peer", form: isNumber },
    { word: "encap", field: "encap", form: isOneOf("udp", "ip") },
    { word: "local", field: "local", form: isAddress },
    { word: "remote", field: "remote", form: isAddress },
    { word: "sport", field: "sport", form: isNumber, optional: true },
    { word: "dport", field: "dport", form: isNumber, optional: true },
  ],
  session: [
    { field: "id", form: isNumber },
    { word: "peer", field: "peer", form: isNumber },
    { word: "tunnel", field: "tunnel", form: isNumber },
    { word: "dev", field: "dev", form: isLink },
    { word: "cookie", field: "cookie", form: isSecretName, optional: true },
    { word: "peer_cookie", field: "peerCookie", form: isSecretName, optional: true },
    { word: "seq", field: "seq", form: isOneOf("send", "recv", "both"), optional: true },
    { word: "l2spec", field: "l2spec", form: isOneOf("none"), optional: true },
    { word: "address", field: "address", form: isMac },
    { word: "mtu", field: "mtu", form: isNumber },
  ],
  reach: [
    { field: "address", form: isAddress },
    { word: "or", field: "or", form: isAddress, optional: true },
    { word: "dev", field: "dev", form: isLink },
    { word: "mtu", field: "mtu", form: isNumber },
  ],
  sysctl: [
    { field: "key", form: isWord },
    { word: "=", field: "value", form: isRest, rest: true },
  ],
  addr: [
    { field: "address", form: isLinkAddress },
    { word: "dev", field: "dev", form: isLink },
  ],
  route: [
    { field: "type", form: isOneOf("unreachable", "blackhole", "prohibit"), optional: true },
    { field: "destination", form: isPrefix },
    { word: "via", field: "via", form: isAddress, optional: true },
    { word: "dev", field: "dev", form: isLink, optional: true },
    { word: "src", field: "src", form: isAddress, optional: true },
    { word: "metric", field: "metric", form: isNumber, optional: true },
    { word: "table", field: "table", form: isNumber, optional: true },
  ],
  follow: [
    { field: "destination", form: isOneOf("0.0.0.0/0", "::/0") },
    { word: "dev", field: "dev", form: isLink },
    { word: "table", field: "table", form: isNumber },
  ],
  rule: [
    { word: "from", field: "from", form: isPrefix },
    { word: "to", field: "to", form: isPrefix, optional: true },
    { word: "iif", field: "iif", form: isLink, optional: true },
    { word: "oif", field: "oif", form: isLink, optional: true },
    { word: "fwmark", field: "fwmark", form: isMark, optional: true },
    { word: "table", field: "table", form: isNumber },
    { word: "suppress_prefixlength", field: "suppressPrefixLength", form: isNumber, optional: true },
    { word: "priority", field: "priority", form: isNumber },
  ],
  nat: [
    { field: "from", form: isPrefix },
    { word: "oif", field: "oif", form: isLink },
    { word: "snat", field: "snat", form: isAddress, otherwise: "masquerade" },
  ],
  reply: [
    { field: "to", form: isPrefix },
    { word: "except", field: "except", form: isLink },
    { word: "mark", field: "mark", form: isMark },
  ],
  mac: [
    { field: "address", form: isMac },
    { word: "container", field: "container", form: isWord },
    { word: "network", field: "network", form: isWord },
  ],
  group: [
    { field: "address", form: isGroup },
    { word: "container", field: "container", form: isWord },
    { word: "network", field: "network", form: isWord },
  ],
  attach: [
    { field: "dev", form: isLink },
    { word: "container", field: "container", form: isWord },
    { word: "type", field: "type", form: isOneOf("macvlan", "ipvlan", "veth", "nic") },
    { word: "parent", field: "parent", form: isLink, optional: true },
    { word: "mode", field: "mode", form: isOneOf("bridge", "private", "vepa", "l2"), optional: true },
    { word: "peer", field: "peer", form: isLink, optional: true },
    { word: "master", field: "master", form: isLink, optional: true },
    { word: "address", field: "address", form: isMac, optional: true },
    { word: "mtu", field: "mtu", form: isNumber, optional: true },
    { word: "addr", field: "ipv4Address", form: orLeased(isLinkAddress), optional: true },
    { word: "via", field: "gateway", form: orLeased(isAddress), optional: true },
    { word: "addr6", field: "ipv6Address", form: orLeased(isLinkAddress), optional: true },
    { word: "via6", field: "gateway6", form: isAddress, optional: true },
    { word: "hostname", field: "hostname", form: isHostName, optional: true },
    { word: "client-id", field: "clientId", form: isClientId, optional: true },
    { word: "also", field: "also", form: listOf(",", isLinkAddress), optional: true },
    { word: "route", field: "routes", form: listOf(" route ", isWay), rest: true, optional: true },
  ],
  dnat: [
    { word: "daddr", field: "address", form: isAddress, optional: true },
    { word: "dev", field: "dev", form: isLink, optional: true },
    { field: "protocol", form: isOneOf("tcp", "udp") },
    { field: "ports", form: isPorts },
    { word: "container", field: "container", form: isWord },
    { word: "network", field: "network", form: isWord },
    { word: "port", field: "port", form: isNumber, optional: true },
    { word: "from", field: "from", form: isNetwork, optional: true },
    { word: "rate", field: "rate", form: isRate, optional: true },
    { word: "log", field: "log", form: isWord, optional: true },
    { word: "unless", field: "unless", form: isOneOf("native"), optional: true },
  ],
  proxy: [
    { field: "address", form: isAddress, optional: true },
    { word: "dev", field: "dev", form: isLink },
    { word: "container", field: "container", form: isWord, optional: true },
    { word: "network", field: "network", form: isWord, optional: true },
  ],
  daemon: [
    { field: "key", form: isOneOf("ipv6", "fixed-cidr-v6", "ip6tables", "experimental", "default-address-pools") },
    { field: "value", form: isJson },
  ],
  file: [
    { field: "path", form: isPath },
    { field: "number", form: isLineNumber },
    { field: "text", form: isText, rest: true, mark: "|" },
  ],
  block: [
    { field: "path", form: isPath },
    { field: "name", form: isWord },
    { field: "number", form: isLineNumber },
    { field: "text", form: isText, rest: true, mark: "|" },
  ],
  with: [
    { field: "backend", form: isOneOf(...CANDIDATES) },
    { field: "line", form: isOffered, rest: true },
  ],
};

/** Kinds of facts, in the order in which a host state lists them. */
export const FACT_KINDS = Object.keys(GRAMMAR) as readonly Fact["kind"][];

/** The line of one fact, in the words of iproute2 and sysctl. */
export function factText(fact: Fact): string {
  const values = fact as unknown as { readonly [field: string]: Value | undefined };
  const words = GRAMMAR[fact.kind].flatMap(({ word, field, otherwise, mark = "" }) => {
    const value = values[field];
    if (value === undefined) {
      return otherwise === undefined ? [] : [otherwise];
    }
    return word === undefined ? [mark + String(value)] : [word, mark + String(value)];
  });
  return [fact.kind, ...words].join(" ");
}

/** The fact of one line. Takes nothing but what {@link factText} prints: one fact has one text. */
export function parseFact(line: string): Fact {
  const [kind = "", ...words] = line.split(" ");
  if (!isKind(kind)) {
    throw new Error(`no fact begins like this: ${shown(line)}; kinds are ${FACT_KINDS.join(", ")}`);
  }
  const fact: { [field: string]: Value } = { kind };
  for (const part of GRAMMAR[kind]) {
    const value = takeValue(part, words);
    if (value !== undefined) {
      fact[part.field] = value;
    } else if (part.otherwise !== undefined ? words.shift() !== part.otherwise : !part.optional) {
      throw new Error(`fact line ${shown(line)}: ${part.word ?? part.field} is missing, or not in its canonical form`);
    }
  }
  if (words.length > 0) {
    throw new Error(`fact line ${shown(line)}: ${shown(words.join(" "))} is left over`);
  }
  return fact as unknown as Fact;
}

function isKind(word: string): word is Fact["kind"] {
  return (FACT_KINDS as readonly string[]).includes(word);
}

/** Takes a part's words off the front, where they are there and right. */
function takeValue({ word, form, rest, mark = "" }: Part, words: string[]): Value | undefined {
  const skipped = word === undefined ? 0 : 1;
  if (word !== undefined && words[0] !== word) {
    return undefined;
  }
  const text = rest ? words.slice(skipped).join(" ") : words[skipped];
  const value = text?.startsWith(mark) ? form(text.slice(mark.length)) : undefined;
  if (value !== undefined) {
    words.splice(0, rest ? words.length : skipped + 1);
  }
  return value;
}
