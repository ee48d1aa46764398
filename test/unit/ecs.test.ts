/** deploy/ecs/: as its tables have it, and what Landfall and Fargate ask for. AWS's shapes are the compiler's to check. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ecsFiles, SCHEDULES, SERVICE, TASKS } from '../../scripts/ecs.ts'
import { main } from '../../src/commands/shell.ts'
import { VARIABLES } from '../../src/config/environment.ts'
import { loadEstate } from '../../src/config/load.ts'

const ROOT = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')
const docs = read('docs/deploy-ecs.md')
const tasks = Object.entries(TASKS).map(([name, task]) => ({ name, task, container: task.containerDefinitions![0]! }))

test('the files are those that node scripts/docs.ts writes', () => {
  const there = readdirSync(new URL('deploy/ecs/', ROOT)).filter((name) => name.endsWith('.json'))
  expect(there.toSorted()).toEqual([...ecsFiles().keys()].toSorted())
  for (const [name, text] of ecsFiles()) expect(read(`deploy/ecs/${name}`)).toBe(text)
})

describe.each(tasks)('the task $name', ({ task, container }) => {
  test('asks for a size that Fargate has', () => {
    const GIB: Readonly<Record<string, readonly [number, number]>> = { 512: [1, 4], 1024: [2, 8], 2048: [4, 16] }
    const [least, most] = GIB[task.cpu!]!
    expect(Number(task.memory) % 1024).toBe(0)
    expect(Number(task.memory) / 1024).toBeGreaterThanOrEqual(least)
    expect(Number(task.memory) / 1024).toBeLessThanOrEqual(most)
    const scratch = task.ephemeralStorage?.sizeInGiB ?? 21
    expect(scratch).toBeGreaterThanOrEqual(21)
    expect(scratch).toBeLessThanOrEqual(200)
  })

  test('stops later than Landfall does by itself, and no later than Fargate allows', async () => {
    const example = await loadEstate({ path: new URL('landfall.example.yaml', ROOT).pathname, env: {} })
    expect(container.stopTimeout! * 1000).toBeGreaterThan(example.service.shutdownGraceMs + 5_000)
    expect(container.stopTimeout).toBeLessThanOrEqual(120)
  })

  test('has no secret among its values, and no privilege', () => {
    const secret = [
      'REDIS_URL',
      'DATABASE_URL',
      'DUMP_IDENTITY',
      ...VARIABLES.flatMap(({ name, type }) => (type === 'secret' ? [name] : [])),
    ]
    expect(
      container.environment!.filter(({ name }) => secret.includes(name!) || /TOKEN|PASSWORD|SECRET|KEY/.test(name!)),
    ).toEqual([])
    for (const { valueFrom } of container.secrets!)
      expect(valueFrom).toMatch(/^arn:aws:(ssm|secretsmanager):eu-west-2:/)
    expect(container).toMatchObject({ readonlyRootFilesystem: true, user: '1000' })
    expect(container.linuxParameters!.capabilities).toEqual({ drop: ['ALL'] })
  })

  test('sets variables that Landfall knows', () => {
    const known = new Set(VARIABLES.map(({ name }) => name))
    for (const { name } of container.environment!) expect(known.has(name!) || name === 'AWS_REGION').toBe(true)
  })

  test('runs a command that there is', async () => {
    const help = await helpOf(container.command!)
    expect(help).toContain(`Usage: landfall ${container.command!.filter((word) => /^[a-z]/.test(word)).join(' ')}`)
    for (const option of container.command!.filter((word) => word.startsWith('--'))) expect(help).toContain(option)
  })

  test('logs in the region that it lives in', () => {
    expect(container.logConfiguration).toMatchObject({
      logDriver: 'awslogs',
      options: { 'awslogs-region': 'eu-west-2' },
    })
  })
})

test('the health check of the service is the image’s own, which ECS ignores', () => {
  const [, own] = /HEALTHCHECK .*\n\s+CMD (\[.*\])/.exec(read('Dockerfile'))!
  const { healthCheck } = TASKS.service.containerDefinitions![0]!
  expect(healthCheck!.command).toEqual(['CMD', ...(JSON.parse(own!) as string[])])
  const flags = /HEALTHCHECK (.*) \\/.exec(read('Dockerfile'))![1]!
  const { interval, timeout, startPeriod, retries } = healthCheck!
  expect(flags).toBe(
    `--interval=${interval}s --timeout=${timeout}s --start-period=${startPeriod}s --retries=${retries}`,
  )
})

test('service and schedules start tasks that are defined', () => {
  const families = tasks.map(({ task }) => task.family)
  expect(families).toContain(SERVICE.taskDefinition)
  for (const { Target } of Object.values(SCHEDULES)) {
    const family = Target!.EcsParameters!.TaskDefinitionArn!.split('/').at(-1)
    expect(families).toContain(family)
  }
})

test('docs/deploy-ecs.md has every file, every variable that is to be filled in, and every secret', () => {
  const whole = [...ecsFiles().values()].join('')
  const blanks = new Set([...whole.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name]) => name!))
  expect(blanks.size).toBeGreaterThan(5)
  for (const name of blanks) expect(docs).toContain(`\`${name}\``)
  for (const file of ecsFiles().keys()) expect(docs).toContain(file)
  for (const [, name] of whole.matchAll(/parameter\/(landfall\/[\w-]+)/g)) expect(docs).toContain(`\`/${name}\``)
  for (const [, name] of whole.matchAll(/:role\/([\w-]+)/g)) expect(docs).toContain(`\`${name}\``)
})

test('every landfall command in docs/deploy-ecs.md is one', async () => {
  const commands = [...docs.matchAll(/`landfall ([a-z][^`]*)`/g)].map(([, line]) => line!.split(' '))
  expect(commands.length).toBeGreaterThan(3)
  for (const command of commands) {
    const named = command.filter((word) => /^[a-z][a-z-]*$/.test(word))
    expect(await helpOf(command)).toMatch(new RegExp(`Usage: landfall ${named.join(' ')}\\b`))
  }
})

async function helpOf(command: readonly string[]): Promise<string> {
  let stdout = ''
  const out = { write: (more: string) => void (stdout += more), isTTY: false, columns: 120, colour: false }
  const words = command.filter((word) => /^[a-z]/.test(word))
  const code = await main([...words, '--help'], { env: {}, stdout: out, stderr: out, exitCode: 0 })
  expect(code, stdout).toBe(0)
  return stdout
}
