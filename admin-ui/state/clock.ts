import { signal } from '@preact/signals'

const EVERY_MS = 30_000

/** The time, or a little less: a page that stays open goes on telling how long ago something was. */
export const now = signal(Date.now())

setInterval(() => {
  now.value = Date.now()
}, EVERY_MS)
