import { type HostView, type NetworkView, viewOf } from "./order";
import type { Topology } from "./topology";
import { networkKind, placeAddresses, portText, subnetTexts } from "./words";

/** The topology as a Mermaid flowchart, always in the same order. */
export function mermaidText(topology: Topology): string {
  const chart = new Chart();
  for (const host of viewOf(topology)) {
    drawHost(chart, host);
  }
  return ["flowchart LR", ...chart.lines, ...chart.edges, ""].join("\n");
}

/** Gives every box a number and keeps lines between boxes for the end, where Mermaid wants them outside of frames. */
class Chart {
  readonly lines: string[] = [];
  readonly edges: string[] = [];
  readonly #boxes = new Map<string, string>();

  /** Draws a box once; its id the second time. */
  box(key: string, texts: readonly string[], indent: string, [open, close]: readonly [string, string]): string {
    const known = this.#boxes.get(key);
    if (known !== undefined) {
      return known;
    }
    const id = `n${this.#boxes.size}`;
    this.#boxes.set(key, id);
    this.lines.push(`${indent}${id}${open}"${texts.map(escaped).join("<br/>")}"${close}`);
    return id;
  }

  /** Draws a line between two boxes. */
  edge(from: string, to: string, texts: readonly string[]): void {
    const label = texts.filter((text) => text !== "").map(escaped);
    this.edges.push(label.length === 0 ? `  ${from} --- ${to}` : `  ${from} ---|"${label.join("<br/>")}"| ${to}`);
  }
}

const RECTANGLE = ["[", "]"] as const;
const ROUND = ["(", ")"] as const;
const STADIUM = ["([", "])"] as const;

function drawHost(chart: Chart, { name, links }: HostView): void {
  for (const { parent } of links) {
    if (parent !== undefined) {
      chart.box(`lan ${name} ${parent}`, [`LAN at ${parent}`], "  ", STADIUM);
    }
  }
  chart.lines.push(`  subgraph ${`h${chart.lines.length}`}["${escaped(`host ${name}`)}"]`);
  for (const { parent, networks } of links) {
    const link = parent === undefined ? undefined : chart.box(`link ${name} ${parent}`, [parent], "    ", RECTANGLE);
    if (parent !== undefined && link !== undefined) {
      chart.edge(chart.box(`lan ${name} ${parent}`, [], "", STADIUM), link, []);
    }
    for (const network of networks) {
      drawNetwork(chart, name, network, link);
    }
  }
  chart.lines.push("  end");
}

function drawNetwork(chart: Chart, host: string, network: NetworkView, link: string | undefined): void {
  const { name, shim, places } = network;
  const id = chart.box(
    `network ${host} ${name}`,
    [`network ${name}`, networkKind(network), ...subnetTexts(network)],
    "    ",
    ROUND,
  );
  if (link !== undefined) {
    chart.edge(link, id, []);
  }
  if (shim) {
    const own = chart.box(`link ${host} ${shim.linkName}`, ["this host", shim.linkName], "    ", RECTANGLE);
    chart.edge(id, own, [shim.address ?? "", shim.address6 ?? ""]);
  }
  for (const place of places) {
    const { agent, endpoint } = place;
    const box = chart.box(
      `agent ${host} ${agent.name}`,
      [agent.name, ...(agent.ports ?? []).map(portText)],
      "    ",
      RECTANGLE,
    );
    chart.edge(id, box, [...placeAddresses(place), endpoint.defaultRoute ? "default route" : ""]);
  }
}

/** Text inside of Mermaid's quotes: what ends it, or starts an entity or a tag, becomes an entity. */
function escaped(text: string): string {
  return text.replace(/[#"<>&]/g, (character) => `#${character.charCodeAt(0)};`);
}
