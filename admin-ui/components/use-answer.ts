import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { describeError } from '../api.ts'

type Found<Answer> = { readonly answer: Answer | null; readonly error: string | null }

/** Returns the answer to the latest question. The previous answer stays until then, and late answers are dropped. */
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
