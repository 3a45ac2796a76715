import { useEffect } from 'preact/hooks'
import type { Finding } from '../../schema/experiment-health.ts'
import { counted } from '../../worker/experiments/numbers.ts'
import { findHealth, loadHealth, type ShownHealth } from '../state/health.ts'
import { Empty, LoadError, Loading } from './empty.tsx'
import { Section } from './section.tsx'

const FindingText = ({ tone, text, meaning, action }: Finding) => (
  <li class={tone === 'careful' ? 'warning' : undefined}>
    <p>
      <b>{text}</b>
    </p>
    <p class={tone === 'careful' ? undefined : 'quiet small'}>
      {meaning} {action}
    </p>
  </li>
)

const LoadedHealth = ({ health }: { readonly health: ShownHealth }) => {
  const { exposures, findings } = health
  if (findings.length === 0 && exposures.accepted === 0)
    return (
      <Empty title="Nothing arrived in the last 24 hours">
        <p>Problems with exposures and events will appear here.</p>
      </Empty>
    )
  return (
    <>
      <p>
        {exposures.accepted === 0
          ? 'No exposure was accepted in the last 24 hours.'
          : `${counted(exposures.accepted, 'exposure')} ${exposures.accepted === 1 ? 'was' : 'were'} accepted in the last 24 hours.`}{' '}
        {findings.every(({ tone }) => tone === 'plain') && 'There is no problem.'}
      </p>
      <ul class="findings">
        {findings.map((finding) => (
          <FindingText key={finding.text} {...finding} />
        ))}
      </ul>
    </>
  )
}

const EVERY_MS = 60_000

/** What became of the rows that arrived in the last 24 hours. */
export const Health = ({ experimentKey }: { readonly experimentKey: string }) => {
  const load = () => loadHealth(experimentKey)
  useEffect(() => {
    void load()
    const timer = setInterval(() => document.hidden || void load(), EVERY_MS)
    return () => clearInterval(timer)
  }, [experimentKey])
  const found = findHealth(experimentKey)
  return (
    <Section title="Health">
      <LoadError error={found?.error} retry={load} />
      {found?.health ? (
        <LoadedHealth health={found.health} />
      ) : (
        !found?.error && <Loading what="the health" />
      )}
      <p class="quiet small">
        These counts are estimates: they can miss the last minute of a location, and they forget
        after 24 hours. Events are those of all experiments.
      </p>
    </Section>
  )
}
