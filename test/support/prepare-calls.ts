import { ADMIN, readAudit, makeKey, putFlag, seedKeys, send } from './api.ts'
import { HALVES, runExperiment } from './experiments.ts'

/** The data that the calls find. */
export const prepareCalls = async (): Promise<void> => {
  await seedKeys()
  await putFlag('on', { description: 'On.', rules: { roles: [], denyList: ['u-1'] } })
  await putFlag('half', { rollout: 50 })
  await putSegment('friends')
  await putFlag('for.friends', {
    rules: { where: [{ operator: 'inSegment', values: ['friends'] }] },
  })
  await makeKey('taken', 'server')
  await runExperiment('running')
  await draft('draft')
}

const putSegment = (key: string) =>
  send('PUT', `/api/segments/${key}`, { as: ADMIN, body: { include: ['u-1'] } })

const draft = (key: string) =>
  send('POST', '/api/experiments', { as: ADMIN, body: { key, variants: HALVES } })

const launched = async (key: string) => {
  await draft(key)
  return send('POST', `/api/experiments/${key}/launch`, { as: ADMIN })
}

const stopped = async (key: string) => {
  await launched(key)
  return send('POST', `/api/experiments/${key}/stop`, { as: ADMIN })
}

/** The data of one call, created for it alone. */
const arrange: Readonly<Record<string, () => Promise<unknown>>> = {
  'flags.delete': () => putFlag('doomed'),
  'segments.delete': () => putSegment('doomed'),
  'experiments.delete': () => draft('doomed-draft'),
  'experiments.archive': () => stopped('archived'),
  'experiments.unarchive': async () => {
    await stopped('brought-back')
    return send('POST', '/api/experiments/brought-back/archive', { as: ADMIN })
  },
  'experiments.launch': () => draft('launched'),
  'experiments.pause': () => launched('paused'),
  'experiments.stop': () => launched('stopped'),
}

let keys = 0

/** The address, with the id of the created thing. */
const addressed = async (path: string): Promise<string> => {
  if (path.includes('{A KEY}'))
    return path.replace('{A KEY}', (await makeKey(`doomed ${keys++}`, 'viewer')).id)
  if (path.includes('{A PAGE KEY}'))
    return path.replace('{A PAGE KEY}', (await makeKey(`of a page ${keys++}`, 'client')).id)
  if (!path.includes('{AN EDIT}')) return path
  await putFlag('reverted', { rollout: 1 })
  await putFlag('reverted', { rollout: 2 })
  return path.replace('{AN EDIT}', String((await readAudit('flag:reverted'))[0]?.id))
}

/** Creates the data of a call, and returns its address. */
export const findAddress = async (id: string, path: string): Promise<string> => {
  await arrange[id]?.()
  return addressed(path)
}
