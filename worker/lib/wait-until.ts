/** Keeps an isolate's work alive after the response: `ctx.waitUntil`. */
export type WaitUntil = (work: Promise<unknown>) => void
