import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { Empty, Loading } from './empty.tsx'

type Section = ComponentType<{ readonly pathname: string }>

const section = signal<{ readonly Section: Section } | 'failed' | null>(null)

const load = async () => {
  if (section.value !== null) return
  try {
    const { ExperimentSection } = await import('../pages/experiment-section.tsx')
    section.value = { Section: ExperimentSection }
  } catch {
    section.value = 'failed'
  }
}

/** Charts and statistics are fetched by who looks at experiments: switching a flag need not wait for them. */
export const ExperimentsLoader = ({ pathname }: { readonly pathname: string }) => {
  useEffect(() => void load(), [])
  const loaded = section.value
  if (loaded === null) return <Loading what="experiments" />
  if (loaded === 'failed')
    return (
      <Empty title="This part of the page could not be loaded">
        <p>The connection is lost, or a new version was deployed meanwhile.</p>
        <button type="button" onClick={() => location.reload()}>
          Load the page again
        </button>
      </Empty>
    )
  const { Section } = loaded
  return <Section pathname={pathname} />
}
