import {
  createFlagsClient,
  getFlag,
  getNumber,
  getString,
  getValue,
  getVariant,
  logExposure,
} from '../../sdk/index.ts'
import { useFlag, useFlagValue, useVariant } from '../../sdk/react/index.ts'

/* Keys as `npx indietix-flags types` declares them. A typo must not compile. */

declare module '../../sdk/keys.ts' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- only an interface can be augmented
  interface FlagKeys {
    'booking.enabled': boolean
    'typed.flag': boolean
    theme: 'blue' | 'red'
    limit: 1 | 10
    layout: { rows: number }
  }
  // oxlint-disable-next-line typescript/consistent-type-definitions -- see above
  interface ExperimentKeys {
    'checkout-redesign': 'A' | 'B'
  }
}

const context = { userId: 'u' }

export const checkKeys = async () => {
  await getFlag(context, 'typed.flag')
  // @ts-expect-error -- a typo in a flag's key
  await getFlag(context, 'typed.flga')
  // @ts-expect-error -- an experiment is not a flag
  await getFlag(context, 'checkout-redesign')
  const theme: 'blue' | 'red' = await getString(context, 'theme', 'red')
  const limit: 1 | 10 = await getNumber(context, 'limit', 1)
  const text: string = await getValue(context, 'theme', 'red')
  // @ts-expect-error -- the flag has no such value
  await getString(context, 'theme', 'green')
  // @ts-expect-error -- the flag is a text
  await getFlag(context, 'theme')
  // @ts-expect-error -- the flag is a number
  await getString(context, 'limit', '1')
  logExposure(context, 'checkout-redesign', theme === text && limit === 1 ? 'A' : 'B')
  const variant: 'A' | 'B' | null = await getVariant(context, 'checkout-redesign')
  logExposure(context, 'checkout-redesign', variant ?? 'A')
  // @ts-expect-error -- the experiment has no such variant
  logExposure(context, 'checkout-redesign', 'C')
  // @ts-expect-error -- a typo in an experiment's key
  await createFlagsClient({ url: '', key: '' }).assignVariant(context, 'checkout-redesing')
}

export const Page = () => {
  const isOn: boolean = useFlag('typed.flag')
  // @ts-expect-error -- a typo in a flag's key
  useFlag('typed.flga')
  const theme: string = useFlagValue('theme', 'red')
  // @ts-expect-error -- the value has the type of the default
  const wrong: number = useFlagValue('theme', 'red')
  const design: 'A' | 'B' | null = useVariant('checkout-redesign')
  // @ts-expect-error -- a typo in an experiment's key
  useVariant('checkout-redesing')
  return (
    <p>
      {String(isOn)} {design} {theme} {wrong}
    </p>
  )
}
