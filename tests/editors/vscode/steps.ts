/** Waiting, and telling what was seen. */

/** Milliseconds that a step may take. */
const PATIENCE_MS = 30_000;

/** Milliseconds between two looks. */
const PAUSE_MS = 50;

/** Waits until a condition holds, and fails with its name if it never does. */
export async function waitFor(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error(`it did not happen: ${what}`);
    }
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
  }
}

/** Waits for a condition and reports that it holds. */
export async function step(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  await waitFor(what, condition);
  report(what);
}

/** Says that something was seen. */
export function report(what: string): void {
  tell(`ok ${what}`);
}

/** Writes a line with the seconds since the start. */
export function tell(what: string): void {
  const seconds = (performance.now() / 1000).toFixed(1).padStart(5);
  process.stdout.write(`${seconds} s  ${what}\n`);
}
