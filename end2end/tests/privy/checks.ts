import { expect, test } from "@playwright/test";

let passed = 0;

/** One named check; it counts once it has passed. */
export async function check(name: string, act: () => Promise<unknown> | unknown): Promise<void> {
  await test.step(name, async () => { await act(); });
  passed += 1;
}

/** How many checks have passed in this process. */
export function count(): number {
  return passed;
}

type Refusal = { code?: string; status?: number; message?: string; error?: any };

/** What a call is refused with; a call that succeeds fails the check. */
export async function refusal(act: Promise<unknown>): Promise<Refusal> {
  let value: unknown;
  try {
    value = await act;
  } catch (error) {
    return error as Refusal;
  }
  throw new Error(`was not refused: ${JSON.stringify(value)?.slice(0, 300)}`);
}

/** Expects a refusal with a code of Privy and, where told, a status. */
export async function refusedWith(code: string, act: Promise<unknown>, status?: number): Promise<void> {
  const error = await refusal(act);
  expect(error.code ?? error.error?.code ?? (error as any).type).toBe(code);
  if (status !== undefined) expect(error.status).toBe(status);
}
