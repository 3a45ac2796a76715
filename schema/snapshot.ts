import * as z from 'zod'
import { Flag } from './flag.ts'
import { ClientSettings, EvaluationKeyKind } from './key.ts'

/** What evaluation needs of a flag, and nothing else. */
export const SnapshotFlag = Flag.pick({ key: true, enabled: true, rollout: true, rules: true })
export type SnapshotFlag = z.infer<typeof SnapshotFlag>

/** An evaluation key as the edge knows it: a hash to compare with, never the key. */
export const SnapshotKey = z.object({
  id: z.string(),
  kind: EvaluationKeyKind,
  hash: z.string().length(64).describe('Lower-case hexadecimal SHA-256 of the key.'),
  client: ClientSettings.optional().describe('Absent when the whole context is believed.'),
})
export type SnapshotKey = z.infer<typeof SnapshotKey>

/**
 * Everything that the edge knows, as one JSON document.
 *
 * Members that a reader does not know are ignored, so an older Worker reads a newer snapshot. Flags, experiments
 * and keys are `unknown` here and parsed one by one: one that cannot be read must not take the others down with it.
 */
export const Snapshot = z.object({
  format: z.literal(1),
  version: z.int().min(0),
  builtAt: z.iso.datetime(),
  flags: z.array(z.unknown()),
  experiments: z.array(z.unknown()).default([]),
  keys: z.array(z.unknown()),
})
export type Snapshot = z.infer<typeof Snapshot>
