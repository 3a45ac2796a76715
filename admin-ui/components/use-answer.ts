import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { describeError } from '../api.ts'

type Found<Answer> = { readonly answer: Answer | null; readonly error: string | null }

/** The answer to the question asked last. The one before it stays until then; what comes too late is dropped. */
export const useAnswer = <Answer>(question: string, ask: () => Promise<Answer>): Found<Answer> => {
  const found = useSignal<Found<Answer>>({ answer: null, error: null })
  useEffect(() => {
    let isCurrent = true
    const keep = (next: Found<Answer>) => {
      if (isCurrent) found.value = next
    }
    ask().then(
      (answer) => keep({ answer, error: null }),
      (error: unknown) => keep({ answer: null, error: describeError(error) }),
    )
    return () => {
      isCurrent = false
    }
  }, [question])
  return found.value
}
