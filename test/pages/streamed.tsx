import { Suspense, use } from 'react'
import {
  FlagsProvider,
  useFlag,
  useVariant,
  type FlagsProviderProps,
} from '../../sdk/react/index.ts'

const Flag = ({ name, flag, fallback }: { name: string; flag: string; fallback: boolean }) => (
  <p id={name}>{String(useFlag(flag, fallback))}</p>
)

const Variant = ({ name }: { name: string }) => (
  <p id={name}>{useVariant('stream-test') ?? 'none'}</p>
)

/** On the server it waits, as a component does that reads a database. In the page it renders at once. */
const Late = ({ gate }: { gate: Promise<unknown> | undefined }) => {
  if (gate) use(gate)
  return (
    <>
      <Flag name="late" flag="stream.shop" fallback={true} />
      <Flag name="late-still" flag="stream.still" fallback={false} />
      <Variant name="late-variant" />
    </>
  )
}

export type StreamedProps = Pick<FlagsProviderProps, 'context' | 'bootstrap'> & {
  readonly url: string
  readonly key_: string
}

/** A page with a part that the server sends later. The fallbacks are the opposite of the flags' values. */
export const Streamed = ({
  url,
  key_,
  gate,
  ...props
}: StreamedProps & { gate?: Promise<unknown> }) => (
  <FlagsProvider options={{ url, key: key_ }} {...props}>
    <Flag name="shell" flag="stream.shop" fallback={true} />
    <Flag name="shell-still" flag="stream.still" fallback={false} />
    <Variant name="shell-variant" />
    {/* React sends no shell before a Suspense without an element around it. */}
    <main>
      <Suspense fallback={<p id="waiting">One moment</p>}>
        <Late gate={gate} />
      </Suspense>
    </main>
  </FlagsProvider>
)
