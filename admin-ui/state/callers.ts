import { signal } from '@preact/signals'
import type { Caller } from '../../schema/evaluation.ts'
import { readAnswer, api } from '../api.ts'
import { coalesce } from './coalesce.ts'

/** The evaluation keys that apps use. Empty until they are loaded, and while the server is away. */
export const callers = signal<readonly Caller[]>([])

export const loadCallers = coalesce(async () => {
  try {
    callers.value = (await readAnswer(api.explain.callers.$get())).items
  } catch {
    // The panel still explains what a server key gets.
  }
})
