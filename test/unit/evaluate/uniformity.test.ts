import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { computeBucket, hashUser, computeSeed } from '../../../worker/evaluate/index.ts'

/*
 * Chi-square tests over fixed inputs: they pass always or never. Each describes 3 populations × 20 salts = 60
 * statistics and counts those beyond the critical values of scipy 1.17.1 (`scipy.stats.chi2.ppf`).
 *
 * A perfect hash goes beyond a 1 % value Binomial(60, 0.01) times, more than 4 times with probability 0.0003,
 * and beyond the upper 0.1 % value more than once with probability 0.0017. Too even is as wrong as too uneven:
 * it is what counting ids modulo 100 would give.
 */
type Critical = {
  readonly lower1: number
  readonly upper1: number
  readonly upper01: number
}
const WITH_99_DEGREES_OF_FREEDOM: Critical = { lower1: 69.23, upper1: 134.642, upper01: 148.23 }
const WITH_9_DEGREES_OF_FREEDOM: Critical = { lower1: 2.088, upper1: 21.666, upper01: 27.877 }

const USERS = 20_000
const SALTS = 20

const createUuid = (index: number) =>
  createHash('md5')
    .update(`${index}`)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

const populations = [(index: number) => `user-${index}`, String, createUuid].map((idOf) =>
  Array.from({ length: USERS }, (_, index) => hashUser(idOf(index + 1))),
)
const seeds = Array.from({ length: SALTS }, (_, index) => computeSeed(`feature.flag_${index + 1}`))

/** Which of so many equal cells each user falls into, for a seed. */
const findCells = (population: (typeof populations)[number], seed: number, cells: number) =>
  population.map((user) => Math.floor((computeBucket(user, seed) / 2 ** 32) * cells))

/** How many users fall into each cell. */
const countCells = (fallen: readonly number[], cells: number) => {
  const counts = Array.from({ length: cells }, () => 0)
  for (const cell of fallen) counts[cell] = (counts[cell] ?? 0) + 1
  return counts
}

const computeChiSquare = (observed: readonly number[], expected: readonly number[]) =>
  observed.reduce((sum, count, index) => {
    const hoped = expected[index] ?? Number.NaN
    return sum + (count - hoped) ** 2 / hoped
  }, 0)

const expectChance = (statistics: readonly number[], critical: Critical) => {
  test('the distribution is as even as chance allows, at the 1 % level', () => {
    expect(statistics.filter((x) => !(x <= critical.upper1)).length).toBeLessThanOrEqual(4)
  })

  test('the distribution is as even as chance allows, at the 0.1 % level', () => {
    expect(statistics.filter((x) => !(x <= critical.upper01)).length).toBeLessThanOrEqual(1)
  })

  test('the distribution is not more even than chance, at the 1 % level', () => {
    expect(statistics.filter((x) => !(x >= critical.lower1)).length).toBeLessThanOrEqual(4)
  })
}

describe('Buckets: share of users in each of 100 cells, for each salt', () => {
  const hoped = Array.from({ length: 100 }, () => USERS / 100)
  const statistics = populations.flatMap((population) =>
    seeds.map((seed) => computeChiSquare(countCells(findCells(population, seed, 100), 100), hoped)),
  )
  expectChance(statistics, WITH_99_DEGREES_OF_FREEDOM)
})

describe('Buckets: two salts are independent', () => {
  const statistics = populations.flatMap((population) => {
    const quarters = seeds.map((seed) => findCells(population, seed, 4))
    return quarters.map((columns, index) => {
      const rows = quarters.at(index - 1) ?? []
      const pairs = columns.map((column, user) => (rows[user] ?? Number.NaN) * 4 + column)
      const columnCounts = countCells(columns, 4)
      const hoped = countCells(rows, 4).flatMap((row) =>
        columnCounts.map((column) => (row * column) / USERS),
      )
      return computeChiSquare(countCells(pairs, 16), hoped)
    })
  })
  expectChance(statistics, WITH_9_DEGREES_OF_FREEDOM)
})
