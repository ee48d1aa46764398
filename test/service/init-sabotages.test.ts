/** Each way to break an estate that `landfall init apply` mends: broken, named by `landfall doctor`, mended, and well again. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import type { FindingDocument } from '../../src/domain/doctor/report.ts'
import { ACCOUNT, type DoctorWorld, startDoctorWorld } from '../support/doctor-world.ts'
import { pointSdkAt } from '../support/fake-aws.ts'
import { randomPrefix } from '../support/prefix.ts'
import { jsonOf, runCommand } from '../support/run-command.ts'
import { SABOTAGES } from '../support/sabotages.ts'

/** The rule that somebody turned to another bucket stays, since nothing that stands is removed: doctor says that there are two. */
const LEFT: ReadonlySet<string> = new Set(['replication.destinations'])

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall-init-sabotages-'))
  pointSdkAt(inject('sandboxUrl'), ACCOUNT)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

async function named({ configFile, env }: DoctorWorld): Promise<ReadonlySet<string>> {
  const { stdout } = await runCommand(['doctor', '--config', configFile, '--json'], env)
  const lines = stdout.split('\n').filter((line) => line !== '')
  return new Set(lines.map((line) => (JSON.parse(line) as FindingDocument).id))
}

describe('init apply mends', () => {
  it.each(SABOTAGES.filter(({ init }) => init).map((one) => [one.name, one] as const))('%s', async (_, sabotage) => {
    const places = { sandboxUrl: inject('sandboxUrl'), redisUrl: inject('redisUrl') }
    const world = await startDoctorWorld({ ...places, folder, prefix: randomPrefix() })
    try {
      const well = await named(world)
      expect(well).not.toContain(sabotage.finds)
      await sabotage.does(world)
      expect(await named(world)).toContain(sabotage.finds)
      const at = ['--config', world.configFile, '--pair', 'documents', '--json']
      const applied = await runCommand(['init', 'apply', ...at], world.env)
      expect(applied.code, applied.stderr).toBe(0)
      expect(
        [...(await named(world))].filter((id) => !well.has(id) && !LEFT.has(id)),
        applied.stdout,
      ).toEqual([])
      const again = jsonOf(await runCommand(['init', 'plan', ...at], world.env))
      expect(again).toMatchObject({ counts: { create: 0, update: 0 } })
    } finally {
      world.close()
    }
  })
})
