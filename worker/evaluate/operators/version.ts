import { readVersion } from '../../../schema/read-version.ts'
import { compareWithLimit, type Operator, type Relation, type Scalar } from './operator.ts'

const readKey = (item: Scalar) => (typeof item === 'string' ? readVersion(item) : undefined)

const compareVersion = (words: string, relation: Relation) =>
  compareWithLimit(words, relation, readKey)

/** By the precedence of SemVer 2.0.0: build metadata does not count. */
export const version = {
  semverLt: compareVersion('is a version below', 'less'),
  semverLte: compareVersion('is a version up to', 'lessOrEqual'),
  semverGt: compareVersion('is a version above', 'greater'),
  semverGte: compareVersion('is a version from', 'greaterOrEqual'),
  semverEq: compareVersion('is the version', 'equal'),
} satisfies Record<string, Operator>
