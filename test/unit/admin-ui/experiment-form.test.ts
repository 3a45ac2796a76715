import { describe, expect, it } from 'vitest'
import { ExperimentCreation, ExperimentKey, Variant } from '../../../schema/experiment.ts'
import {
  findChanges,
  toExperimentDraft,
  moveVariantUp,
  NEW_EXPERIMENT,
  toExperimentSettings,
  removeVariant,
  addVariant,
} from '../../../admin-ui/model/experiment-draft.ts'
import {
  EXPERIMENT_KEY,
  describeKey,
  VARIANT_NAME_PATTERN,
} from '../../../admin-ui/model/key-help.ts'
import { getStatus, describeTiming } from '../../../admin-ui/model/experiment-status.ts'
import { fromLocal, toLocal, formatUtc } from '../../../admin-ui/model/local-time.ts'
import { experimentWith } from '../../support/experiment-fixture.ts'

const AT = '2026-11-01T10:00:00.000Z'
const experiment = experimentWith({
  description: 'why',
  startAt: '2026-11-01T10:00:07.123Z',
  plan: { baselineRate: 0.07, minimumDetectableEffect: 0.1, power: 0.8, alpha: 0.05 },
  status: 'PAUSED',
  launchedAt: AT,
})

describe('Experiment form', () => {
  it('begins with settings that the schema accepts', () => {
    const created = { key: 'new-one', ...toExperimentSettings(NEW_EXPERIMENT) }
    expect(ExperimentCreation.safeParse(created).success).toBe(true)
  })

  it('changes no field that was not edited: it keeps seconds and exact percents', () => {
    expect(findChanges(experiment, toExperimentDraft(experiment))).toEqual({})
    const spaced = { ...experiment, description: 'ends with a space ' }
    expect(findChanges(spaced, toExperimentDraft(spaced))).toEqual({})
  })

  it('sends only the fields that changed', () => {
    const draft = { ...toExperimentDraft(experiment), description: '  ', isPlanned: false }
    expect(findChanges(experiment, draft)).toEqual({ description: null, plan: null })
  })

  it('sends a weight that is not a number, for the server to refuse', () => {
    const [first, ...rest] = NEW_EXPERIMENT.variants
    const variants = first ? [{ ...first, weight: '' }, ...rest] : rest
    const created = { key: 'new-one', ...toExperimentSettings({ ...NEW_EXPERIMENT, variants }) }
    expect(ExperimentCreation.safeParse(created).success).toBe(false)
  })

  it('adds, removes and moves variants', () => {
    const three = addVariant(NEW_EXPERIMENT.variants)
    expect(three.map(({ name }) => name)).toEqual(['control', 'variant', 'B'])
    expect(new Set(three.map(({ id }) => id)).size).toBe(3)
    expect(moveVariantUp(three, 3).map(({ name }) => name)).toEqual(['control', 'B', 'variant'])
    expect(moveVariantUp(three, 1)).toBe(three)
    expect(removeVariant(three, 1).map(({ name }) => name)).toEqual(['variant', 'B'])
  })
})

describe('Name pattern', () => {
  it.each(['a', 'a-b', 'a--b', '-a', 'A', 'a_b', 'a b', '', '1-2'])(
    'accepts the experiment key %j exactly when the schema does',
    (key) => {
      const isTaken = new RegExp(`^(?:${EXPERIMENT_KEY.pattern})$`, 'v').test(key)
      expect(isTaken).toBe(ExperimentKey.safeParse(key).success)
    },
  )

  it.each(['A', 'b.c', 'b..c', '_a', 'a_B-1', '', 'a b'])(
    'accepts the variant name %j exactly when the schema does',
    (name) => {
      const isTaken = new RegExp(`^(?:${VARIANT_NAME_PATTERN})$`, 'v').test(name)
      expect(isTaken).toBe(Variant.safeParse({ name, weight: 1 }).success)
    },
  )

  it('has a help text that names the fault of a key', () => {
    const taken = new Set(['taken'])
    expect(describeKey(EXPERIMENT_KEY, '', taken)).toContain('checkout-redesign')
    expect(describeKey(EXPERIMENT_KEY, 'taken', taken)).toContain('already')
    expect(describeKey(EXPERIMENT_KEY, 'Big', taken)).toContain('lower-case')
    expect(describeKey(EXPERIMENT_KEY, 'two words', taken)).toContain('dashes')
    expect(describeKey(EXPERIMENT_KEY, 'a--b', taken)).toContain('single dashes')
    expect(describeKey(EXPERIMENT_KEY, 'fine', taken)).toContain('ask for this name')
  })
})

describe('Experiment status', () => {
  const now = Date.parse('2026-11-15T12:00:00Z')
  const running = { ...experiment, status: 'RUNNING' as const, startAt: AT }

  it('the status is scheduled before the start and stopped after the end', () => {
    expect(getStatus(running, now)).toBe('RUNNING')
    expect(getStatus({ ...running, startAt: '2026-12-01T00:00:00Z' }, now)).toBe('SCHEDULED')
    expect(getStatus({ ...running, stopAt: '2026-11-15T12:00:00Z' }, now)).toBe('STOPPED')
    expect(getStatus(experiment, now)).toBe('PAUSED')
  })

  it('has a sentence about its times', () => {
    expect(describeTiming(running, now)).toContain('Running for 14\u00a0days')
    expect(describeTiming({ ...running, startAt: '2026-12-01T00:00:00Z' }, now)).toMatch(/^Starts /)
    const late = { ...running, startAt: '2026-10-01T00:00:00.000Z', launchedAt: AT }
    expect(describeTiming(late, now)).toContain('Running for 14\u00a0days')
    const never = { ...experiment, status: 'STOPPED' as const, startAt: null, stopAt: AT }
    expect(describeTiming(never, now)).toMatch(/^Never started, stopped/)
    expect(describeTiming(experiment, now)).toContain('no user is assigned')
    expect(describeTiming({ ...experiment, stopAt: AT }, now)).not.toContain('stops by itself')
    expect(describeTiming({ ...experiment, status: 'STOPPED', stopAt: AT }, now)).toContain(
      'stopped',
    )
    expect(describeTiming({ ...experiment, status: 'DRAFT', startAt: null }, now)).toBe(
      'Not launched yet',
    )
  })
})

describe('Local time', () => {
  it('converts to an input value and back, to the minute', () => {
    const local = toLocal('2026-12-24T18:30:00.000Z')
    expect(local).toMatch(/^2026-12-2[45]T\d\d:\d\d$/)
    expect(fromLocal(local)).toBe('2026-12-24T18:30:00.000Z')
    expect(toLocal(null)).toBe('')
    expect(fromLocal('')).toBeNull()
    expect(formatUtc('2026-12-24T18:30:00.000Z')).toBe('2026-12-24 18:30 UTC')
  })
})
