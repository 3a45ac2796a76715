import type { Context } from 'hono'
import * as z from 'zod'
import type { AuditAction } from '../../schema/audit.ts'
import { ExperimentEdit, ExperimentKey, type Experiment } from '../../schema/experiment.ts'
import { Comment } from '../../schema/flag.ts'
import type { Decision } from '../experiments/lifecycle.ts'
import { getEditor, type AdminEnv } from '../middleware/authenticate.ts'
import { requiredVersion } from '../middleware/precondition.ts'
import { operation, type Description } from '../openapi/operation.ts'
import { Problem } from '../http/problem.ts'
import { publishEdit } from '../snapshot/publish-edit.ts'
import { openDatabase } from '../store/database.ts'
import { editExperiment, type ExperimentResult } from '../store/experiments.ts'
import { describeContention } from './edit-problems.ts'

/* Shared by the routes that edit an experiment. */

export const ByKey = z.object({ key: ExperimentKey })
export const Reasoned = z.strictObject({ comment: Comment })

const EDIT_ERRORS = [400, 401, 403, 404, 409, 412, 413, 415, 503]

export const notFound = () => new Problem('EXPERIMENT_NOT_FOUND', 'no experiment has this key')

const toProblem = (result: Exclude<ExperimentResult, { outcome: 'done' }>): Problem => {
  switch (result.outcome) {
    case 'not found':
      return notFound()
    case 'key taken':
      return new Problem('CONFLICT', 'a flag or an experiment has this key already')
    case 'refused':
      return new Problem('CONFLICT', result.reason)
    case 'precondition failed':
      return new Problem(
        'VERSION_MISMATCH',
        `the experiment is at version ${result.current.version} by now: read it again, then edit that`,
      )
    case 'contended':
      return describeContention('experiment')
  }
}

/** What became of an edit, as a response. */
export const respond = async <Status extends 200 | 201>(
  c: Context<AdminEnv>,
  result: ExperimentResult,
  status: Status,
) => {
  if (result.outcome !== 'done') throw toProblem(result)
  const { experiment, snapshotVersion } = result
  if (experiment) c.header('ETag', `"${experiment.version}"`)
  return c.json({ experiment, ...(await publishEdit(c.env, snapshotVersion)) }, status)
}

/** One step of the life cycle. */
export const transition = async (
  c: Context<AdminEnv>,
  key: string,
  action: AuditAction,
  comment: string | undefined,
  decide: (
    current: Experiment,
    now: Date,
    assignedVariants: readonly string[],
  ) => Decision | { readonly next: null },
  startsOver?: boolean,
) => {
  const editor = getEditor(c, comment)
  const result = await editExperiment(openDatabase(c.env.DB), editor, {
    key,
    action,
    version: requiredVersion(c),
    decide: (current, assigned) => decide(current, editor.at, assigned),
    startsOver,
  })
  return respond(c, result, 200)
}

export const edit = (id: string, summary: string, rest: Partial<Description> = {}) =>
  operation(id, {
    tag: 'Administration',
    summary,
    answers: { 200: ExperimentEdit },
    errors: EDIT_ERRORS,
    reads: ['If-Match'],
    headers: ['ETag'],
    ...rest,
  })
