import type { Caller, TrustTrace } from '../../schema/evaluation.ts'
import { keepTrusted, listIgnored, type TrustSettings } from '../../schema/trust.ts'

const list = new Intl.ListFormat('en-GB')

/** Says in a few words what a key trusts: "ignores role". */
export const describeCaller = ({ kind, trustsRole, trusts, isSigned }: Caller): string => {
  if (kind === 'server') return 'trusts everything'
  if (isSigned) return 'requires a signed user'
  if (trusts) return trusts.length > 0 ? `trusts ${list.format(trusts)}` : 'trusts only the user id'
  return trustsRole === false ? 'ignores role' : 'trusts everything'
}

const toSettings = (caller: Caller | undefined): TrustSettings =>
  caller?.kind === 'client' ? caller : undefined

type Context = Readonly<Record<string, unknown>>

/** The context as the key's requests are evaluated. */
export const applyTrust = (caller: Caller | undefined, context: Context): Context =>
  keepTrusted(toSettings(caller), context)

export const traceTrust = (caller: Caller, context: Context): TrustTrace => ({
  keyId: caller.id,
  ignored: listIgnored(toSettings(caller), context),
  isSigned: caller.isSigned,
})

/** Says what a key makes of a context. */
export const describeTrust = ({ ignored, isSigned }: TrustTrace): string => {
  if (isSigned) return 'This key requires a user token. The fields above stand for its claims.'
  if (ignored.length === 0) return 'This key trusts all of these fields.'
  const count = ignored.length === 1 ? 'It counts as missing.' : 'They count as missing.'
  return `This key does not trust ${list.format(ignored)}. ${count}`
}

/** Says how many client keys ignore a role, for the editor; null when all trust it. */
export const describeRoleTrust = (callers: readonly Caller[]): string | null => {
  const clients = callers.filter(({ kind, isSigned }) => kind === 'client' && !isSigned)
  const ignoring = clients.filter((key) => listIgnored(toSettings(key), { role: 'x' }).length > 0)
  if (ignoring.length === 0) return null
  const keys = clients.length === 1 ? 'client key' : 'client keys'
  const verb = ignoring.length === 1 ? 'does' : 'do'
  return `${ignoring.length} of ${clients.length} ${keys} ${verb} not trust a role. A role rule never matches there.`
}
