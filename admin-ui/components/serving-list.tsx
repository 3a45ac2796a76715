import type { Serving } from '../../schema/serving-shape.ts'
import { FIELDS } from '../model/draft.ts'
import { describeServing } from '../model/serving-words.ts'
import { Issues } from './field.tsx'

type Props = { readonly serving: Serving; readonly issues: readonly string[] }

/** What the flag serves in words. The API sets it. */
export const ServingList = ({ serving, issues }: Props) => {
  const sentences = describeServing(serving)
  return sentences.length === 0 && issues.length === 0 ? null : (
    <fieldset class="card">
      <legend>{FIELDS.serving}</legend>
      <p class="quiet small">What the flag serves. Change it through the API.</p>
      <ul>
        {sentences.map((sentence) => (
          <li key={sentence} dir="auto">
            {sentence}
          </li>
        ))}
      </ul>
      <Issues issues={issues} />
    </fieldset>
  )
}
