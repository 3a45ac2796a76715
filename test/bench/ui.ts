import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { readUiSize, UI_LIMITS } from '../support/ui-size.ts'
import { root } from './bundle.ts'
import { cost, progress, type Topic } from './report.ts'

/** Builds the admin UI and weighs it. */
export const uiTopic = async (): Promise<Topic> => {
  progress('ui: building the admin UI')
  const vite = ['node_modules/vite/bin/vite.js', 'build', '--config', 'admin-ui/vite.config.ts']
  await promisify(execFile)(process.execPath, vite, { cwd: root })
  const { firstScript, whole } = readUiSize()
  const rows = [
    cost('kB', {
      what: 'the script of the first page of the admin UI, gzipped',
      value: firstScript,
      versus: 'its limit',
      versusValue: UI_LIMITS.firstScript,
    }),
    cost('kB', {
      what: 'all scripts and styles of the admin UI, gzipped',
      value: whole,
      versus: 'their limit',
      versusValue: UI_LIMITS.whole,
    }),
  ]
  return { title: 'Admin UI', rows }
}
