import { useSignal } from '@preact/signals'
import { describeError } from '../api.ts'

/** Runs one task at a time. Keeps whether it runs, and its error. */
export const useBusy = () => {
  const isBusy = useSignal(false)
  const error = useSignal<string | null>(null)
  const run = async (work: () => Promise<void>): Promise<void> => {
    if (isBusy.value) return
    isBusy.value = true
    error.value = null
    try {
      await work()
    } catch (failure) {
      error.value = describeError(failure)
    }
    isBusy.value = false
  }
  return { isBusy, error, run }
}
