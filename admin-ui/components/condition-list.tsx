import type { Condition } from '../../schema/condition.ts'
import { describeCondition } from '../../worker/evaluate/index.ts'
import { segmentPath } from '../page-table.ts'
import { Button } from './button.tsx'

const SegmentLinks = ({ keys }: { readonly keys: readonly string[] }) => (
  <>
    {keys.map((key, index) => (
      <span key={key}>
        {index > 0 && ' or '}
        <a class="key" href={segmentPath(key)}>
          {key}
        </a>
      </span>
    ))}
  </>
)

const ConditionWords = ({ condition }: { readonly condition: Condition }) =>
  condition.operator === 'inSegment' ? (
    <>
      the user is {condition.negate === true ? 'not in' : 'in'} the segment{' '}
      <SegmentLinks keys={condition.values} />
    </>
  ) : (
    <>{describeCondition(condition)}</>
  )

type Props<One extends Condition> = {
  readonly conditions: readonly One[]
  readonly help: string
  readonly disabled: boolean
  readonly onChange: (conditions: readonly One[]) => void
}

/** Conditions in words. Each can be removed. */
export const ConditionList = <One extends Condition>({
  conditions,
  help,
  disabled,
  onChange,
}: Props<One>) =>
  conditions.length === 0 ? null : (
    <>
      <p class="quiet small">{help}</p>
      <ul class="stack tight">
        {conditions.map((condition) => (
          <li key={JSON.stringify(condition)} class="row">
            <span class="grow" dir="auto">
              <ConditionWords condition={condition} />
            </span>
            {!disabled && (
              <Button
                class="plain"
                aria-label={`Remove the condition: ${describeCondition(condition)}`}
                onClick={() => onChange(conditions.filter((other) => other !== condition))}
              >
                Remove
              </Button>
            )}
          </li>
        ))}
      </ul>
    </>
  )
