import type { Difference } from '../model/diff.ts'
import { Terms } from './terms.tsx'

/** More names are only counted, so that the diff stays short. */
const SHOWN = 12

const Names = ({
  names,
  kind,
}: {
  readonly names: readonly string[]
  readonly kind: 'ins' | 'del'
}) => {
  const Tag = kind
  return (
    <>
      {names.slice(0, SHOWN).map((name) => (
        <Tag key={name}>
          <span aria-hidden="true">{kind === 'ins' ? '+ ' : '− '}</span>
          <bdi>{name}</bdi>
        </Tag>
      ))}
      {names.length > SHOWN && (
        <span class="quiet">
          {' '}
          and {names.length - SHOWN} more {kind === 'ins' ? 'added' : 'removed'}
        </span>
      )}
    </>
  )
}

type Props = {
  readonly differences: readonly Difference[]
  /** Something new has no value before. */
  readonly isNew?: boolean
}

const DifferenceValue = ({
  difference,
  isNew,
}: {
  readonly difference: Difference
  readonly isNew: boolean
}) =>
  difference.kind === 'list' ? (
    <>
      <Names names={difference.removed} kind="del" />
      <Names names={difference.added} kind="ins" />
    </>
  ) : (
    <>
      {!isNew && (
        <>
          <del dir="auto">{difference.before}</del>
          <span class="visually-hidden"> becomes </span>
        </>
      )}
      <ins dir="auto">{difference.after}</ins>
    </>
  )

/** What differs, field by field. */
export const Differences = ({ differences, isNew = false }: Props) => (
  <Terms
    of={differences.map((difference) => [
      difference.label,
      <div class="row">
        <DifferenceValue difference={difference} isNew={isNew} />
      </div>,
    ])}
  />
)
