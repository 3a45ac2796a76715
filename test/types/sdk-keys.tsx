import { createFlagsClient, getFlag, getVariant, logExposure } from '../../sdk/index.ts'
import { useFlag, useVariant } from '../../sdk/react/index.ts'

/* Keys as `npx indietix-flags types` declares them. A typo must not compile. */

declare module '../../sdk/keys.ts' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- only an interface can be augmented
  interface FlagKeys {
    'booking.enabled': boolean
    'typed.flag': boolean
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
  const design: 'A' | 'B' | null = useVariant('checkout-redesign')
  // @ts-expect-error -- a typo in an experiment's key
  useVariant('checkout-redesing')
  return (
    <p>
      {String(isOn)} {design}
    </p>
  )
}
