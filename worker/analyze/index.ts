export {
  estimateAlwaysValidLift,
  chooseSequenceSettings,
  type AlwaysValidLift,
  type SequenceSettings,
} from './always-valid.ts'
export { analyze, analyzePhases, type Analysis, type PhaseAnalysis } from './analyze.ts'
export type { Comparison } from './compare.ts'
export { computeConfidenceSequences, type ConfidenceSequence } from './confidence-sequences.ts'
export type { Counts, CountsReason, VariantCounts } from './counts.ts'
export type { Lift } from './lift.ts'
export { sumPhases, type Phase } from './phases.ts'
export type { AnalysisOptions, Progress, WithheldReason } from './plan.ts'
export type { Rate } from './rate.ts'
export { spendAlpha } from './starts.ts'
export type { SampleRatio, SampleRatioReason } from './sample-ratio.ts'
export {
  computeSampleSize,
  type SampleSize,
  type SampleSizeQuestion,
  type SampleSizeReason,
} from './sample-size.ts'
export { claimsDifference, MINIMUM_EXPECTED, type Verdict, type WaitReason } from './verdict.ts'
export { ALPHA } from './normal.ts'
export type { ZTest, ZTestReason } from './z-test.ts'
