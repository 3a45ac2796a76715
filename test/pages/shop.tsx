import { StrictMode } from 'react'
import type { Bundle } from '../../sdk/bundle.ts'
import type { FlagsClient } from '../../sdk/client.ts'
import { FlagsProvider, useFlag, useFlags, useVariant } from '../../sdk/react/index.ts'

/** The values that each component rendered, in order. */
export const renders: Record<string, unknown[]> = {}

const note = <T,>(name: string, value: T): T => {
  renders[name] = [...(renders[name] ?? []), value]
  return value
}

const Flag = ({ name, flag, fallback }: { name: string; flag: string; fallback: boolean }) => (
  <p id={name}>{String(note(name, useFlag(flag, fallback)))}</p>
)

const Count = () => {
  const { flags, isLoading } = useFlags()
  return <p id="count">{note('count', isLoading ? 'loading' : Object.keys(flags).length)}</p>
}

const Variant = ({ experiment }: { experiment: string }) => (
  <p id="variant">{note('variant', useVariant(experiment)) ?? 'none'}</p>
)

export type ShopProps = {
  readonly client: FlagsClient
  readonly userId: string
  readonly bootstrap?: Bundle | undefined
}

/** Ten components with one flag, and one component for each other hook. */
export const Shop = ({ client, userId, bootstrap }: ShopProps) => (
  <StrictMode>
    <FlagsProvider client={client} context={{ userId }} bootstrap={bootstrap}>
      {Array.from({ length: 10 }, (_, index) => (
        <Flag key={index} name={`shop-${index}`} flag="react.shop" fallback={true} />
      ))}
      <Flag name="still" flag="react.still" fallback={false} />
      <Count />
      <Variant experiment="react-test" />
    </FlagsProvider>
  </StrictMode>
)
