export type { Bundle } from './bundle.ts'
export { createFlagsClient, type FlagsClient } from './client.ts'
export type { FlagsContext } from './context.ts'
export { evaluateFlag } from './evaluate.ts'
export type { FlagDefinition } from './evaluate.ts'
export type * from './keys.ts'
export {
  assignVariant,
  configureFlags,
  flush,
  getAllFlags,
  getFlag,
  getNumber,
  getObject,
  getString,
  getValue,
  getVariant,
  identify,
  logExposure,
  track,
} from './module.ts'
export type { FlagsOptions } from './options.ts'
export type { Dropped } from './outbox.ts'
export { openAsyncStorage, type AsyncFlagsStorage, type FlagsStorage } from './storage.ts'
export type { FlagsState, FlagsStatus } from './status.ts'
export type { Assignment } from './variants.ts'
