import type { Problem } from "../problems";

/** A problem for each member of `given` that no one knows: a typo must not pass as a default. */
export function unknownArguments(path: string, given: object, known: readonly string[]): Problem[] {
  return Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      property: path === "" ? shortened(key) : `${path}.${shortened(key)}`,
      rule: "is not an argument",
      wayOut: wayOut(key, known),
    }));
}

// The name alone is shown, never the value: it may be a key under a wrong name.
function shortened(key: string): string {
  const plain = /^[A-Za-z_$][A-Za-z0-9_$-]{0,40}$/.test(key);
  return plain ? key : JSON.stringify(key.slice(0, 40)).replace(/[^\x20-\x7e]/g, "?");
}

function wayOut(key: string, known: readonly string[]): string {
  const nearest = nearestName(key, known);
  return nearest === undefined ? `leave it out; known are ${known.join(", ")}` : `did you mean ${nearest}?`;
}

/** The known name that a typo most likely meant, if any is near. */
function nearestName(key: string, known: readonly string[]): string | undefined {
  if (key.length > 64) {
    return undefined;
  }
  const ranked = known
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.name.length / 3)) ? best.name : undefined;
}

/** How many letters must be put in, taken out or changed. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
