import type { CommandEntry } from './command.ts'

/** Every command, in the order of `landfall --help`. Each file is loaded only when it is asked for. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'run',
    summary: 'the service',
    load: () => import('./run.ts'),
  },
  {
    name: 'status',
    summary: 'what an outage of the sources would lose now',
    load: () => import('./status.ts'),
  },
  {
    name: 'audit',
    summary: 'compare all versions of both buckets of each pair',
    load: () => import('./audit.ts'),
  },
  {
    name: 'failures',
    summary: 'what failed, by cause; order its re-drive, or give it up',
    load: () => import('./failures.ts'),
  },
  {
    name: 'explain',
    summary: 'the whole story of one object',
    load: () => import('./explain.ts'),
  },
  {
    name: 'dead-letters',
    summary: 'what the intake queues parked: look, send back, export, purge',
    load: () => import('./dead-letters.ts'),
  },
  {
    name: 'dump',
    summary: 'database dumps: make, list, show, fetch, restore, ship, prune',
    load: () => import('./dump.ts'),
  },
  {
    name: 'drill',
    summary: 'restore a dump, or read the replicas, as if their sources were gone',
    load: () => import('./drill.ts'),
  },
  {
    name: 'config',
    summary: 'check, print or describe the configuration',
    load: () => import('./config.ts'),
  },
  {
    name: 'doctor',
    summary: 'check everything that Landfall rests on, with what mends it',
    load: () => import('./doctor.ts'),
  },
  {
    name: 'iam',
    summary: 'trust and permission policies of each role, from the configuration',
    load: () => import('./iam.ts'),
  },
  {
    name: 'init',
    summary: 'set replication up on AWS, or write it as Terraform',
    load: () => import('./init.ts'),
  },
  {
    name: 'alarms',
    summary: 'CloudWatch alarms as code, and those of others that can never fire',
    load: () => import('./alarms.ts'),
  },
  {
    name: 'dashboards',
    summary: 'CloudWatch dashboards as code',
    load: () => import('./dashboards.ts'),
  },
  {
    name: 'metrics',
    summary: 'what metrics, alarms and dashboards cost a month',
    load: () => import('./metrics.ts'),
  },
  {
    name: 'sandbox',
    summary: 'a local AWS with two regions, for demonstrations and tests',
    load: () => import('./sandbox.ts'),
  },
  {
    name: 'demo',
    summary: 'the whole of it on a sandbox, with traffic and faults',
    load: () => import('./demo.ts'),
  },
]
