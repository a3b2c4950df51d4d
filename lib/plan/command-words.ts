import { bad, good } from "../net/checked";
import type { Problems } from "../problems";
import { memberPath, readList, readRequired } from "./read";

/** Reads the words of a command. */
export function readCommand(problems: Problems, path: string, value: readonly string[] | undefined): string[] {
  return readList(problems, path, value).flatMap(
    (word, index) =>
      readRequired(problems, memberPath(path, index), word, (given) =>
        typeof given === "string" && given !== "" ? good(given) : bad("is not a word", "give a text that is not empty"),
      ) ?? [],
  );
}

/** The line by which the host is told them; none for no words. */
export function execLines(words: readonly string[]): string[] {
  return words.length === 0 ? [] : [`exec ${words.map(encoded).join(" ")}`];
}

/** A word in percent-encoding: no space, quote or line break of it means anything on the way. */
function encoded(word: string): string {
  const bytes = [...Buffer.from(word, "utf8")];
  const text = bytes.map((byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9._/:=-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  });
  return text.join("");
}
