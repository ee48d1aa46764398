import { defineConfig, type OxlintOverride } from 'oxlint'
import { OWNED_PACKAGES, ROOMS } from './rooms.ts'

type Pattern = { group: string[]; message: string }

/** Overrides replace each other, and the rule matches the specifier's text: so one override per room **and** depth. */
const MAX_DEPTH = 3

function patternsFor(name: string, depth: number): Pattern[] {
  const room = ROOMS[name]!
  const isFile = room.path.endsWith('.ts')
  // From src/domain/events/x.ts (depth 1) the rooms are at ../../.
  const up = isFile ? './' : '../'.repeat(depth + 1)
  const forbidden = Object.entries(ROOMS).filter(([other]) => other !== name && !room.may.includes(other))
  const patterns: Pattern[] = forbidden.map(([other, target]) => ({
    group: [target.path.endsWith('.ts') ? `${up}${target.path}` : `${up}${target.path}**`],
    message: `${name} may not import from ${other} (rooms.ts)`,
  }))
  const packages = OWNED_PACKAGES.filter((pkg) => !room.packages?.includes(pkg) && !coveredBy(pkg, room.packages ?? []))
  if (packages.length > 0) {
    const negated = (room.packages ?? []).filter((mine) => packages.some((pkg) => coveredBy(mine, [pkg])))
    patterns.push({
      group: [
        ...packages.flatMap((pkg) => (pkg.endsWith('/*') ? [pkg] : [pkg, `${pkg}/**`])),
        ...negated.map((mine) => `!${mine}`),
      ],
      message: `this package belongs to other rooms than ${name} (rooms.ts)`,
    })
  }
  const dynamicOnly = { group: [`${up}../sandbox/**`], message: 'src/ never imports the sandbox statically' }
  return [...patterns, dynamicOnly]
}

function coveredBy(pkg: string, owned: readonly string[]): boolean {
  return owned.some((own) => own === pkg || (own.endsWith('/*') && pkg.startsWith(own.slice(0, -1))))
}

const overrides: OxlintOverride[] = Object.entries(ROOMS).flatMap(([name, room]) => {
  const depths = room.path.endsWith('.ts') ? [0] : Array.from({ length: MAX_DEPTH }, (_, depth) => depth)
  return depths.map((depth) => ({
    files: [room.path.endsWith('.ts') ? `src/${room.path}` : `src/${room.path}${'*/'.repeat(depth)}*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns: patternsFor(name, depth) }] },
  }))
})

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'promise', 'node'],
  categories: { correctness: 'error', suspicious: 'error' },
  options: { typeAware: true },
  ignorePatterns: ['node_modules', '.cache', 'coverage', 'dist', 'out'],
  rules: {
    'import/no-cycle': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/await-thenable': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'typescript/no-non-null-assertion': 'off',
    'no-await-in-loop': 'off',
    'no-shadow': 'off',
    'import/no-unassigned-import': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-array-reverse': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'no-underscore-dangle': 'off',
    'typescript/consistent-return': 'off',
    'typescript/no-unnecessary-type-arguments': 'off',
    'promise/always-return': 'off',
    'no-promise-executor-return': 'off',
    'node/no-process-env': 'error',
  },
  overrides: [
    ...overrides,
    {
      files: ['src/config/**/*.ts', 'sandbox/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'scripts/**', '*.config.ts'],
      rules: { 'node/no-process-env': 'off' },
    },
    {
      files: ['src/**/*.ts'],
      rules: {
        'no-restricted-properties': [
          'error',
          { object: 'Date', property: 'now', message: 'take the Clock (system.ts makes it)' },
          { object: 'Math', property: 'random', message: 'take the Random (system.ts makes it)' },
        ],
      },
    },
    {
      // Fastify, unlike Express, waits for a handler's promise and answers its rejection.
      files: ['src/web/*.ts'],
      rules: { 'oxc/no-async-endpoint-handlers': 'off' },
    },
    {
      // What the browser gets: nothing of the service can be imported there but types.
      files: ['src/web/page/*.js'],
      rules: {
        'no-restricted-imports': [
          'error',
          { patterns: [{ regex: String.raw`^(\.\.|node:|@|/)`, message: 'the page imports its own files and uplot' }] },
        ],
      },
    },
    { files: ['src/system.ts'], rules: { 'no-restricted-properties': 'off' } },
  ],
})
