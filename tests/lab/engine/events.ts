import { existsSync, readFileSync } from "node:fs";

/** One step of an engine run: what happens to one resource. */
export interface Step {
  /** `same`, `create`, `update`, `replace`, `create-replacement`, `delete-replaced`, `delete`, `read`, `refresh` … */
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  /** The resource's name in the program. */
  readonly name: string;
  /** Paths of changed properties, with their kind: `add`, `update-replace`, `delete` … */
  readonly changes: Readonly<Record<string, string>>;
}

/** One message of an engine run. */
export interface Diagnostic {
  readonly severity: string;
  readonly message: string;
  readonly urn: string;
  /** Shown only while the run goes on. */
  readonly ephemeral: boolean;
}

/** What an engine run did, read from its event log. */
export interface RunEvents {
  /** How many resources had which operation; the stack itself, and providers, count too. */
  readonly summary: Readonly<Record<string, number>>;
  readonly steps: readonly Step[];
  readonly diagnostics: readonly Diagnostic[];
}

interface LoggedEvent {
  resourcePreEvent?: {
    metadata: { op: string; urn: string; type: string; detailedDiff?: Record<string, { diffKind: string }> | null };
  };
  summaryEvent?: { resourceChanges?: Record<string, number> };
  diagnosticEvent?: { severity: string; message: string; urn?: string; ephemeral?: boolean };
}

/** Reads the event log of one run, one JSON event a line. */
export function readEvents(file: string): RunEvents {
  let summary: Record<string, number> = {};
  const steps: Step[] = [];
  const diagnostics: Diagnostic[] = [];
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  // A run that was killed may leave a last line without end.
  for (const line of text.split("\n").slice(0, -1)) {
    const event: LoggedEvent = JSON.parse(line);
    if (event.summaryEvent) summary = event.summaryEvent.resourceChanges ?? {};
    if (event.resourcePreEvent) {
      const { op, urn, type, detailedDiff } = event.resourcePreEvent.metadata;
      const changes = Object.entries(detailedDiff ?? {}).map(([path, { diffKind }]) => [path, diffKind]);
      steps.push({ op, urn, type, name: urn.slice(urn.lastIndexOf("::") + 2), changes: Object.fromEntries(changes) });
    }
    if (event.diagnosticEvent) {
      const { severity, message, urn = "", ephemeral = false } = event.diagnosticEvent;
      diagnostics.push({ severity, message: message.replace(/<\{%.*?%\}>/g, ""), urn, ephemeral });
    }
  }
  return { summary, steps, diagnostics };
}
