/** The file of `npx indietix-flags types` adds one member a flag. While it is empty, every string is a key. */
// oxlint-disable-next-line typescript/no-empty-object-type, typescript/consistent-type-definitions -- only an interface can be filled from elsewhere
export interface FlagKeys {}

/** The same file adds one member an experiment; its type is the names of the variants. */
// oxlint-disable-next-line typescript/no-empty-object-type, typescript/consistent-type-definitions -- see above
export interface ExperimentKeys {}

type StringKeys<Keys> = [keyof Keys] extends [never] ? string : keyof Keys & string

/** The key of a flag; any string until the keys are generated. */
export type FlagKey = StringKeys<FlagKeys>

/** The key of an experiment; any string until the keys are generated. */
export type ExperimentKey = StringKeys<ExperimentKeys>

/** The name of a variant of an experiment; any string until the keys are generated. */
export type VariantOf<Key> = Key extends keyof ExperimentKeys
  ? ExperimentKeys[Key] & string
  : string
