import * as pulumi from "@pulumi/pulumi";
import { inputText } from "../plan/host-state";
import { commandText } from "./command-text";
import { type DialAnswer, type DialSettings, dial } from "./dial";

/** Whom to ask, and for whom. */
export interface DriftSettings extends DialSettings {
  /** Whether to ask at all. */
  detectDrift: boolean;
}

/** What a host says of the facts in its ledger: lines per owner, none where all is as declared; or why it says nothing. */
export type DriftAnswer = { readonly owners: ReadonlyMap<string, readonly string[]> } | { readonly unasked: string };

const SHOWN = 20;

/**
 * One question per host and run, which all of the host's components share.
 *
 * The login is mostly a configured secret, thus an Output, and which resource options a component's Command gets
 * depends on the answer. Options are no inputs and cannot wait. A transform can: the engine calls it when all inputs
 * are there, and takes the options that it returns.
 */
export class DriftQuestion {
  private settings?: DriftSettings;
  private answer?: Promise<DriftAnswer>;

  /** `owner` is the `Host`, for whose stack the answer is; nothing is asked before a component needs it. */
  constructor(
    private readonly host: pulumi.Resource,
    private readonly name: string,
    private readonly owner: string,
    settings: pulumi.Output<DriftSettings>,
  ) {
    settings.apply((known) => {
      this.settings = known;
    });
  }

  /**
   * Makes drift an update of the Command that carries `owner`'s facts, by a note in its `update` text. Otherwise
   * the text stays as the state has it, with the note of the last repair or without one: that is no change.
   *
   * A note holds the time, so that the same drift after a repair is another text.
   */
  transform(owner: string): pulumi.ResourceTransform {
    return async ({ props, opts }) => {
      if (this.settings?.detectDrift === false) {
        return undefined;
      }
      const asItWas = { props, opts: { ...opts, ignoreChanges: [...(opts.ignoreChanges ?? []), "update"] } };
      const answer = await this.asked();
      if ("unasked" in answer) {
        return asItWas;
      }
      const lines = answer.owners.get(owner);
      if (lines?.length === 0) {
        return asItWas;
      }
      if (lines !== undefined) {
        const what = `its facts of ${owner} are no longer as declared; an update brings them back:`;
        this.warn([what, ...shown(lines)].join("\n"));
      }
      // Facts that are yet to be made are no news; but where the ledger was lost, making them again is the way back.
      const found = lines === undefined ? "nothing of this owner is in the ledger" : shown(lines).join("; ");
      const note = harmless(`drift of ${new Date().toISOString()}: ${found}`);
      return { props: { ...props, update: commandText("apply", "as needed", note) }, opts };
    };
  }

  /**
   * Puts a question of an update to the host at the preview already. What it answers is said and goes nowhere else: nothing
   * that a host says may flow into the plan.
   */
  ahead(): pulumi.ResourceTransform {
    return async ({ props: { stdin } }) => {
      if (!pulumi.runtime.isDryRun() || this.settings?.detectDrift === false || typeof stdin !== "string") {
        return undefined;
      }
      // A host that says nothing of its facts would not answer this either, and that is said once.
      if ("unasked" in (await this.asked())) {
        return undefined;
      }
      const answer = await this.dial("stage", () => stdin);
      const said = "unasked" in answer ? [`is refused: ${answer.unasked}`] : restarts(answer.stdout);
      for (const line of said) {
        this.warn(`an update ${line}`);
      }
      return undefined;
    };
  }

  private asked(): Promise<DriftAnswer> {
    this.answer ??= this.ask();
    return this.answer;
  }

  private async ask(): Promise<DriftAnswer> {
    const answer = await this.dial("drift", ({ identity }) => inputText({ host: identity, owner: this.owner }, []));
    if ("unasked" in answer) {
      this.warn(`could not be asked whether its facts are still as declared: ${answer.unasked}`);
      return answer;
    }
    return { owners: parseDrift(answer.stdout) };
  }

  private async dial(verb: "drift" | "stage", input: (settings: DriftSettings) => string): Promise<DialAnswer> {
    if (this.settings === undefined) {
      return { unasked: "address or login are computed by this very run" };
    }
    try {
      return await dial(this.settings, verb, input(this.settings));
    } catch (error) {
      return { unasked: error instanceof Error ? error.message : String(error) };
    }
  }

  private warn(text: string): void {
    pulumi.log.warn(`Host "${this.name}": ${text}`, this.host);
  }
}

/** What `stage` prints of Docker's restart: as done by the change, or as pending after it. */
function restarts(stdout: string): string[] {
  const lines = stdout.split("\n").filter((line) => / restarted\b/.test(line));
  return lines.map((line) => `has this with it: ${line.replace(/^~ /, "")}`);
}

function shown(lines: readonly string[]): string[] {
  const rest = lines.length - SHOWN;
  return rest > 0 ? [...lines.slice(0, SHOWN), `and ${rest} more lines`] : [...lines];
}

/** Names that others gave may hold anything; a note stands between single quotes of whatever shell. */
function harmless(note: string): string {
  return note.replace(/[^A-Za-z0-9 .,:;/_=()+@-]/g, "?");
}

/** Reads what `drift` prints: `owner NAME`, then its lines. */
export function parseDrift(stdout: string): Map<string, string[]> {
  const owners = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of stdout.split("\n")) {
    if (line.startsWith("owner ")) {
      lines = [];
      owners.set(line.slice("owner ".length), lines);
    } else if (/^[-+] /.test(line)) {
      lines.push(line);
    }
  }
  return owners;
}
