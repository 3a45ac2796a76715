/** Filled by the file that `npx indietix-flags types` writes: one member a flag. Empty, every string is a key. */
// oxlint-disable-next-line typescript/no-empty-object-type, typescript/consistent-type-definitions -- only an interface can be filled from elsewhere
export interface FlagKeys {}

/** Filled by the same file: one member an experiment, its type the names of the variants. */
// oxlint-disable-next-line typescript/no-empty-object-type, typescript/consistent-type-definitions -- see above
export interface ExperimentKeys {}

type NamesIn<Keys> = [keyof Keys] extends [never] ? string : keyof Keys & string

/** The key of a flag; any string until the keys are generated. */
export type FlagKey = NamesIn<FlagKeys>

/** The key of an experiment; any string until the keys are generated. */
export type ExperimentKey = NamesIn<ExperimentKeys>

/** The name of a variant of an experiment; any string until the keys are generated. */
export type VariantOf<Key> = Key extends keyof ExperimentKeys
  ? ExperimentKeys[Key] & string
  : string
