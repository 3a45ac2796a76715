import { describe, expect, it } from 'vitest'
import type { Condition } from '../../../schema/condition.ts'
import type { Caller } from '../../../schema/evaluation.ts'
import { listFurtherAttributes, readAttribute } from '../../../admin-ui/model/context-fields.ts'
import {
  applyTrust,
  describeCaller,
  describeRoleTrust,
  describeTrust,
  traceTrust,
} from '../../../admin-ui/model/trust.ts'

const caller = (settings: Partial<Caller>): Caller => ({
  id: 'k',
  name: 'shop',
  kind: 'client',
  isSigned: false,
  ...settings,
})

const server = caller({ kind: 'server' })
const ignoresRole = caller({ trustsRole: false })
const trustsAll = caller({ trustsRole: true })
const trustsPlan = caller({ trustsRole: true, trusts: ['plan'] })
const trustsNothing = caller({ trusts: [] })
const signed = caller({ trustsRole: false, isSigned: true })

const context = { userId: 'u-1', role: 'ADMIN', plan: 'pro' }

describe('What a key trusts, in words', () => {
  it.each<[Caller, string, string]>([
    [server, 'trusts everything', 'This key trusts all of these fields.'],
    [trustsAll, 'trusts everything', 'This key trusts all of these fields.'],
    [ignoresRole, 'ignores role', 'This key does not trust role. It counts as missing.'],
    [trustsPlan, 'trusts plan', 'This key does not trust role. It counts as missing.'],
    [
      trustsNothing,
      'trusts only the user id',
      'This key does not trust role and plan. They count as missing.',
    ],
    [
      signed,
      'requires a signed user',
      'This key requires a user token. The fields above stand for its claims.',
    ],
  ])('%j: %s', (key, inShort, about) => {
    expect(describeCaller(key)).toBe(inShort)
    expect(describeTrust(traceTrust(key, context))).toBe(about)
  })

  it('The context loses what the key ignores, and a signed one loses nothing', () => {
    expect(applyTrust(undefined, context)).toEqual(context)
    expect(applyTrust(signed, context)).toEqual(context)
    expect(applyTrust(trustsPlan, context)).toEqual({ userId: 'u-1', plan: 'pro' })
  })

  it('The editor counts the client keys that ignore a role', () => {
    expect(describeRoleTrust([server, trustsAll, signed])).toBeNull()
    expect(describeRoleTrust([server, trustsAll, ignoresRole, trustsNothing])).toBe(
      '2 of 3 client keys do not trust a role. A role rule never matches there.',
    )
    expect(describeRoleTrust([ignoresRole])).toBe(
      '1 of 1 client key does not trust a role. A role rule never matches there.',
    )
  })
})

const conditions: Condition[] = [
  { attribute: 'role', operator: 'in', values: ['ADMIN'] },
  { attribute: 'age', operator: 'gte', values: [18] },
  { attribute: 'beta', operator: 'in', values: [true] },
  { attribute: 'plan', operator: 'in', values: ['pro', '5'] },
  { attribute: 'plan', operator: 'exists' },
]

describe('Fields for the attributes of conditions', () => {
  it('The attributes without a field of their own get one each', () => {
    expect(listFurtherAttributes(conditions)).toEqual(['age', 'beta', 'plan'])
  })

  it.each([
    ['age', '21', 21],
    ['age', 'old', 'old'],
    ['age', '21, 30', [21, 30]],
    ['beta', 'true', true],
    ['beta', 'yes', 'yes'],
    ['plan', ' 5 ', '5'],
    ['plan', 'true', 'true'],
    ['plan', 'pro, free', ['pro', 'free']],
  ])('%s: the text %j is %j', (name, text, value) => {
    expect(readAttribute(text, name, conditions)).toEqual(value)
  })
})
