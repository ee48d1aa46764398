/** Each way to break an estate that `landfall init apply` mends: broken, named by `landfall doctor`, mended, and well again. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import type { FindingDocument } from '../../src/domain/doctor/report.ts'
import { ACCOUNT, type DoctorWorld, startDoctorWorld } from '../support/doctor-world.ts'
import { findCommand } from '../support/commands.ts'
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

async function findings({ configFile, env }: DoctorWorld): Promise<readonly FindingDocument[]> {
  const { stdout } = await runCommand(['doctor', '--config', configFile, '--json'], env)
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as FindingDocument)
}

async function named(world: DoctorWorld): Promise<ReadonlySet<string>> {
  return new Set((await findings(world)).map(({ id }) => id))
}

/** As a person's shell takes it apart: the quotes are the doctor's own. */
async function wordsOf(command: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('sh', ['-c', `printf '%s\\0' ${command}`])
  return stdout.split('\0').slice(0, -1)
}

/** Runs what the doctor printed, as it is printed. */
async function obey(command: string, { configFile, env }: DoctorWorld): Promise<void> {
  const [program, ...args] = await wordsOf(command)
  if (program === 'landfall') {
    const ran = await runCommand([...args, '--config', configFile], env)
    expect(ran.code, `${command}\n${ran.stderr}`).toBe(0)
    return
  }
  const there = ['--endpoint-url', inject('sandboxUrl')]
  const account = { AWS_ACCESS_KEY_ID: ACCOUNT, AWS_SECRET_ACCESS_KEY: 'any', AWS_PAGER: '', PATH: process.env['PATH'] }
  await promisify(execFile)(aws!, [...there, ...args], { env: account })
}

const aws = findCommand('aws')

describe('what the doctor prints mends, where init may not', () => {
  it.each(SABOTAGES.filter(({ init }) => !init).map((one) => [one.name, one] as const))('%s', async (_, sabotage) => {
    const places = { sandboxUrl: inject('sandboxUrl'), redisUrl: inject('redisUrl') }
    const world = await startDoctorWorld({ ...places, folder, prefix: randomPrefix() })
    try {
      await sabotage.does(world)
      const { command, say } = (await findings(world)).find(({ id }) => id === sabotage.finds)!.mend!
      // What a person has to decide, or to write, is words alone.
      if (command === undefined || command.includes('<')) return expect(say ?? command).toBeDefined()
      if (command.startsWith('aws ') && aws === undefined) return expect(command).toMatch(sabotage.mend)
      await obey(command, world)
      expect(await named(world), command).not.toContain(sabotage.finds)
    } finally {
      world.close()
    }
  })
})

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
      const said = (await findings(world)).find(({ id }) => id === sabotage.finds)!.mend!.command!
      await obey(said, world)
      expect(
        [...(await named(world))].filter((id) => !well.has(id) && !LEFT.has(id)),
        said,
      ).toEqual([])
      const again = jsonOf(await runCommand(['init', 'plan', ...at], world.env))
      expect(again).toMatchObject({ counts: { create: 0, update: 0 } })
    } finally {
      world.close()
    }
  })
})
