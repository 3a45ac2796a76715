import { signal } from '@preact/signals'
import type { ComponentType, VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { Empty, Loading } from './empty.tsx'

/**
 * Parts that are fetched by who opens them: switching a flag need not wait for charts. Meanwhile it says what is
 * loading, or nothing.
 */
export const lazily = <Props extends object>(
  what: string | null,
  load: () => Promise<ComponentType<Props>>,
): ((props: Props) => VNode | null) => {
  const loaded = signal<{ readonly Part: ComponentType<Props> } | 'failed' | null>(null)
  const ensure = async () => {
    if (loaded.value !== null) return
    try {
      const Part = await load()
      loaded.value = { Part }
    } catch {
      loaded.value = 'failed'
    }
  }
  return function Lazy(props) {
    useEffect(() => void ensure(), [])
    if (loaded.value === null) return what === null ? null : <Loading what={what} />
    if (loaded.value !== 'failed') {
      const { Part } = loaded.value
      return <Part {...props} />
    }
    return (
      <Empty title="This part of the page could not be loaded">
        <p>The connection is lost, or a new version was deployed meanwhile.</p>
        <button type="button" onClick={() => location.reload()}>
          Load the page again
        </button>
      </Empty>
    )
  }
}
