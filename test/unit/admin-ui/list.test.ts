import { expect, test } from 'vitest'
import { ApiError } from '../../../admin-ui/api.ts'
import { createList } from '../../../admin-ui/state/list.ts'

const PAGES = [
  { items: ['a', 'b'], nextCursor: 'after b' },
  { items: ['c'], nextCursor: 'after c' },
  { items: [], nextCursor: null },
]

test('List: loads all pages, one after the other', async () => {
  const asked: (string | undefined)[] = []
  const { list, load } = createList<string>(({ cursor }) => {
    asked.push(cursor)
    return Promise.resolve(PAGES[asked.length - 1] ?? { items: [], nextCursor: null })
  })
  expect(list.value).toEqual({ items: null, error: null })
  await load()
  expect(list.value).toEqual({ items: ['a', 'b', 'c'], error: null })
  expect(asked).toEqual([undefined, 'after b', 'after c'])
})

test('List: keeps its items when loading fails, and drops the error when loading works again', async () => {
  const state = { isDown: false }
  const { list, load } = createList<string>(() =>
    state.isDown
      ? Promise.reject(new ApiError(0, 'gone'))
      : Promise.resolve({ items: ['a'], nextCursor: null }),
  )
  await load()
  state.isDown = true
  await load()
  expect(list.value).toEqual({ items: ['a'], error: 'gone' })
  state.isDown = false
  await load()
  expect(list.value).toEqual({ items: ['a'], error: null })
})

test('List: keeps its old items when a later page fails', async () => {
  const { list, load } = createList<string>(({ cursor }) =>
    cursor === undefined
      ? Promise.resolve({ items: ['a'], nextCursor: 'more' })
      : Promise.reject(new ApiError(503, 'later')),
  )
  await load()
  expect(list.value).toEqual({ items: null, error: 'later' })
})
