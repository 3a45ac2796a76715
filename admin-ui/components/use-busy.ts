import { useSignal } from '@preact/signals'
import { describeError } from '../api.ts'

/** One thing at a time: `run` says when it is under way, and what went wrong with it. */
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
