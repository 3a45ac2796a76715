export {
  computeBucket,
  hashUser,
  isWithinRollout,
  seedFromDigest,
  computeSeed,
  userFromDigest,
  findVariantIndex,
  type HashedUser,
} from './bucket.ts'
export { isWellKnown } from './attribute.ts'
export type { Serving } from '../../schema/serving-shape.ts'
export type { AttributeCondition, Condition } from '../../schema/condition.ts'
export { compileFlag, compileSeeded, type BrokenFlag, type CompiledFlag } from './compile.ts'
export {
  compileFlags,
  evaluateAll,
  evaluationOf,
  isOn,
  onSet,
  outcomeOf,
  valueAt,
  type Answers,
  type CompiledFlags,
} from './compiled/evaluate-all.ts'
export { evaluate, serveOutcome, type Evaluation } from './evaluate.ts'
export {
  bucketVariant,
  compileExperiment,
  findLeftOutReason,
  findListedVariant,
  isActive,
  isShown,
  isDecidedByBucket,
  type CompiledExperiment,
} from './experiment.ts'
export { isFlagOn, readFlagValue } from './single.ts'
export { ON_OFF, type CompiledServing } from './serving.ts'
export { compileSegment, NO_SEGMENTS, type CompiledSegment, type Segments } from './segment.ts'
export type { SnapshotSegment } from '../../schema/segment.ts'
export { outcomes, type Outcome } from './outcome.ts'
export { explain } from './explain.ts'
export { operators } from './operators/index.ts'
export { describeCondition } from './explain-condition.ts'
export { readSubject, readSubjectWith, readUserId, type Subject } from './subject.ts'
export { sha256 } from './sha256.ts'
export {
  checkAttribute,
  contextChecks,
  isContext,
  MAX_ATTRIBUTE_LENGTH,
} from '../../schema/context-attributes.ts'
export type { SnapshotDocument } from '../../schema/snapshot-document.ts'
export { isRecord, type UnknownRecord } from '../../schema/record.ts'
