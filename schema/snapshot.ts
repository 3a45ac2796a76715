import * as z from 'zod'
import { Flag, Rules } from './flag.ts'
import { SERVING_MEMBERS } from './serving-members.ts'
import { checkServing } from './serving.ts'
import { servingShape } from './serving-shape.ts'
import { ClientSettings, EvaluationKeyKind } from './key.ts'

const evaluated = Flag.pick({ key: true, enabled: true, rollout: true, rules: true })

/** The part of a flag that evaluation needs. */
export const SnapshotFlag = evaluated.extend(servingShape).superRefine(checkServing)
export type SnapshotFlag = z.infer<typeof SnapshotFlag>

/**
 * A flag in the published snapshot. A Worker from before flags had values drops the members that it does not know, and
 * would misread the flag; it refuses rules that it does not know. So the rules of such a flag name these members.
 */
export const PublishedFlag = SnapshotFlag.safeExtend({
  rules: Rules.extend({ serving: z.array(z.enum(SERVING_MEMBERS)).optional() }).nullable(),
})

/** An evaluation key in the snapshot: its hash, never the key. */
export const SnapshotKey = z.object({
  id: z.string(),
  kind: EvaluationKeyKind,
  hash: z.string().length(64).describe('Lower-case hexadecimal SHA-256 of the key.'),
  client: ClientSettings.optional().describe('Absent when the whole context is trusted.'),
})
export type SnapshotKey = z.infer<typeof SnapshotKey>

/**
 * All flags, experiments and evaluation keys as one JSON document.
 *
 * Unknown members are ignored, so that an older Worker can read a newer snapshot. Flags, segments, experiments and keys are
 * `unknown` here and parsed one by one: one that cannot be read must not break the others.
 */
export const Snapshot = z.object({
  format: z.literal(1),
  version: z.int().min(0),
  builtAt: z.iso.datetime(),
  flags: z.array(z.unknown()),
  experiments: z.array(z.unknown()).default([]),
  segments: z.array(z.unknown()).optional().describe('Absent without any.'),
  keys: z.array(z.unknown()),
})
export type Snapshot = z.infer<typeof Snapshot>
