type Placed = { readonly JURISDICTION?: string }

/** The places of D1. An object can be in each of them, too. */
export const LOCATIONS = ['weur', 'eeur', 'apac', 'oc', 'wnam', 'enam'] as const
/** The areas that D1 and objects can be restricted to. */
export const JURISDICTIONS = ['eu', 'us', 'fedramp'] as const

export const PUBLISHER_NAME = 'publisher'

/** A text of a setting, if it is one of the allowed words. */
export const findWord = <Word extends string>(
  words: readonly Word[],
  text = '',
): Word | undefined => words.find((word) => word === text)

/**
 * The objects of a class, in the jurisdiction of the deployment. An unknown one is an error: it must not put
 * personal data elsewhere.
 */
export const getNamespace = <T extends Rpc.DurableObjectBranded>(
  namespace: DurableObjectNamespace<T>,
  { JURISDICTION = '' }: Placed,
): DurableObjectNamespace<T> => {
  if (JURISDICTION === '') return namespace
  const jurisdiction = findWord(JURISDICTIONS, JURISDICTION)
  if (!jurisdiction) throw new Error(`JURISDICTION is none of ${JURISDICTIONS.join(', ')}`)
  return namespace.jurisdiction(jurisdiction)
}

/** The id of the Publisher. No other deployment has it, because Cloudflare derives it from the namespace, too. */
export const getPublisherId = <T extends Rpc.DurableObjectBranded>(
  env: Placed & { readonly PUBLISHER: DurableObjectNamespace<T> },
): string => getNamespace(env.PUBLISHER, env).idFromName(PUBLISHER_NAME).toString()
