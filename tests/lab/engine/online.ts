let answer: Promise<boolean> | undefined;

/** Whether Pulumi's downloads can be reached; asked once in a run, and a no comes within three seconds. */
export function pulumiDownloads(): Promise<boolean> {
  answer ??= fetch("https://get.pulumi.com/", { method: "HEAD", signal: AbortSignal.timeout(3000) }).then(
    (response) => response.ok,
    () => false,
  );
  return answer;
}
