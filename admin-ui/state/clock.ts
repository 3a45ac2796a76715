import { signal } from '@preact/signals'

const EVERY_MS = 30_000

const ticks = signal(1)

setInterval(() => ticks.value++, EVERY_MS)

/** The time. Who asks while drawing is drawn again from time to time: a page that stays open goes on being true. */
export const now = (): number => ticks.value && Date.now()
