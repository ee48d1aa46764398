/**
 * fast-check as the tests use it. A failure prints its seed and path; `FC_SEED=... FC_PATH=... npx vitest run <file>`
 * runs exactly that case again, `FC_RUNS=n` runs more.
 */
import fc from 'fast-check'

const { FC_SEED, FC_PATH, FC_RUNS } = process.env

fc.configureGlobal({
  ...(FC_SEED === undefined ? {} : { seed: Number(FC_SEED) }),
  ...(FC_PATH === undefined ? {} : { path: FC_PATH }),
  ...(FC_RUNS === undefined ? {} : { numRuns: Number(FC_RUNS) }),
})

export { fc }
