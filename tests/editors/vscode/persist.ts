/** Doing something again until VS Code shows that it took it. */

import { errors } from 'playwright-core';

import { tell } from './steps.ts';

/** Milliseconds after which nothing is tried again. */
const PATIENCE_MS = 30_000;

/** Milliseconds between two looks. */
const PAUSE_MS = 50;

/** Milliseconds that each step of the first attempt may take; each attempt gets twice as many. */
const FIRST_ATTEMPT_MS = 2_000;

/**
 * Makes attempts until one ends without running out of time. A busy editor drops keys, and closes
 * menus when what they are about changes; so an attempt closes what the one before left open, and
 * may be made twice without harm. It gets the milliseconds that each of its steps may take.
 */
export async function persist(
  what: string,
  attempt: (timeout: number) => Promise<void>,
): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let timeout = FIRST_ATTEMPT_MS; ; timeout *= 2) {
    try {
      await attempt(timeout);
      return;
    } catch (error) {
      if (!(error instanceof errors.TimeoutError)) {
        throw error;
      }
      if (Date.now() > deadline) {
        throw new Error(`it did not happen: ${what}`, { cause: error });
      }
      tell(`again: ${what}`);
    }
  }
}

/** Waits for a condition as the steps of an attempt do. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  timeout: number,
): Promise<void> {
  const deadline = Date.now() + timeout;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new errors.TimeoutError('the condition does not hold');
    }
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
  }
}
