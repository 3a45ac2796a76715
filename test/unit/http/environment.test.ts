import { describe, expect, it } from 'vitest'
import type { Env } from '../../../worker/env.ts'
import { readEnvironment } from '../../../worker/http/environment.ts'

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the function reads these variables only
const read = (variables: Partial<Env>) => readEnvironment(variables as Env)

describe('readEnvironment', () => {
  it('returns undefined without a name', () => {
    expect(read({})).toBeUndefined()
    expect(read({ ENVIRONMENT_NAME: ' ', ENVIRONMENT_TONE: 'red' })).toBeUndefined()
  })

  it('reads name and tone, and ignores a tone that it does not know', () => {
    expect(read({ ENVIRONMENT_NAME: ' production ', ENVIRONMENT_TONE: 'red' })).toEqual({
      name: 'production',
      tone: 'red',
      others: [],
    })
    expect(read({ ENVIRONMENT_NAME: 'qa', ENVIRONMENT_TONE: 'url(x)' })).toEqual({
      name: 'qa',
      others: [],
    })
  })

  it('reads the other environments and leaves out what is no http address', () => {
    const ENVIRONMENTS =
      'staging = https://staging.example/?a=b, bad=javascript:alert(1), =https://x.example, local=http://localhost:8787,,'
    expect(read({ ENVIRONMENT_NAME: 'qa', ENVIRONMENTS })?.others).toEqual([
      { name: 'staging', url: 'https://staging.example/?a=b' },
      { name: 'local', url: 'http://localhost:8787' },
    ])
  })
})
