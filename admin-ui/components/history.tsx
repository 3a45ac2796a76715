import { useSignalEffect } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { describeAction } from '../model/audit.ts'
import { createAuditList } from '../state/audit.ts'
import { flags } from '../state/flags.ts'
import { AuditLink } from './audit-link.tsx'
import { Clamped } from './clamped.tsx'
import { Changed } from './changed.tsx'
import { Section } from './section.tsx'

/** The last changes of one target. */
export const History = ({ target }: { readonly target: string }) => {
  const list = useMemo(() => createAuditList({ target, actor: '' }, '5'), [target])
  useSignalEffect(() => {
    // This read makes the history load again with the flags.
    if (flags.value.items) void list.load()
  })
  return (
    <Section title="History">
      <ul class="small stack">
        {list.entries.value.items?.map(({ id, at, actor, action, comment }) => (
          <li key={id}>
            {describeAction(action)} <Changed at={at} by={actor} />
            <Clamped text={comment} />
          </li>
        ))}
      </ul>
      <p>
        <AuditLink target={target}>All changes</AuditLink>
      </p>
    </Section>
  )
}
