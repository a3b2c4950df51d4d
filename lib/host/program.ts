import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "fflate";
import { type InputHeader, inputText } from "../plan/host-state";

/** The parts of the program in the order in which they stand in it; the last one runs. */
const PARTS = [
  "base",
  "shapes",
  "facts",
  "input",
  "kernel",
  "plan",
  "links",
  "l2tp",
  "addresses",
  "routes",
  "settings",
  "nft",
  "proxy",
  "container",
  "attach",
  "nic",
  "dhcp",
  "dhcp6",
  "files",
  "daemon",
  "secret",
  "require",
  "auto",
  "preflight",
  "armed",
  "change",
  "watch",
  "units",
  "setup",
  "verify",
  "prove",
  "free",
  "measure",
  "wirework",
];

/** Ends the dispatcher's text inside the program. */
const END_OF_DISPATCHER = "END_OF_DISPATCHER";

const part = (name: string) => readFileSync(join(__dirname, "program", `${name}.sh`), "utf8");

let text: string | undefined;

/** The program that runs on hosts: one POSIX sh text, which carries the dispatcher that it installs. */
export function programText(): string {
  if (text === undefined) {
    const dispatcher = `dispatcher_text() {\n  cat <<'${END_OF_DISPATCHER}'\n${part("dispatcher")}${END_OF_DISPATCHER}\n}\n`;
    const main = PARTS.length - 1;
    text = [...PARTS.slice(0, main).map(part), dispatcher, part(PARTS[main])].join("\n");
  }
  return text;
}

/** What a host calls this version of the program: the first 12 hex digits of its SHA-256. */
export function programVersion(): string {
  return createHash("sha256").update(programText()).digest("hex").slice(0, 12);
}

/**
 * Packs a program. Engines keep it twice in a stack's state, which they write anew after each step. Not by Node's zlib, whose bytes
 * depend on its version and the processor: the helper would be updated whenever another machine runs the stack.
 */
function packed(program: string): string {
  const bytes = gzipSync(Buffer.from(program), { level: 9, mtime: 0 });
  return `${part("unpack")}${Buffer.from(bytes).toString("base64")}\n`;
}

let packedText: string | undefined;

/** Whose installation it is, and what the host must have. */
export interface SetupHeader extends InputHeader {
  /** Conditions, in the words of `require` lines. */
  readonly requirements?: readonly string[];
  /**
   * The program.
   * @default - this version's
   */
  readonly program?: string;
}

/**
 * Stdin of `setup`: header, requirements, then the program itself, packed. `uninstall` gets the same and reads the header. What
 * comes first runs under every dispatcher that was ever installed, which knows nothing of its being packed.
 */
export function setupText({ host, owner, requirements = [], program }: SetupHeader): string {
  const required = inputText(
    { host, owner },
    requirements.map((line) => `require ${line}`),
  );
  packedText ??= packed(programText());
  return `${required}program\n${program === undefined ? packedText : packed(program)}`;
}
