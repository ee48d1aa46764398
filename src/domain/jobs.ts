/** Every BullMQ job: its name and its data. A job is a poke: losing or doubling one costs time only. */
export interface JobData {
  /** Take the pair's due versions and find out what became of them. `lane`: several of them may run for one pair. */
  readonly verify: { readonly pair: string; readonly lane: number }
  /** Drive failed versions of every pair again, and go on with the re-drives under way. */
  readonly redrive: Readonly<Record<string, never>>
  /** Audit the pair, when its time has come: one step, and the next ones until it is through. */
  readonly audit: { readonly pair: string }
  /** Carry one object of a shipment to where it goes. */
  readonly ship: { readonly shipment: string; readonly key: string }
  /** Look whether events about shipments were lost. */
  readonly sweep: Readonly<Record<string, never>>
  /** Make the dump, by a child process. */
  readonly dump: { readonly dump: string }
  /** Verify what has no record yet of the dump, by a child process. */
  readonly 'dump-verify': { readonly dump: string }
  /** Restore the newest replica of the dump, by a child process. */
  readonly drill: { readonly dump: string }
  /** Publish metrics. */
  readonly report: Readonly<Record<string, never>>
  /** Look at everything that Landfall rests on. */
  readonly doctor: Readonly<Record<string, never>>
  /** Write a canary to the source of each pair. */
  readonly canary: Readonly<Record<string, never>>
  /** Write the open list to S3. */
  readonly snapshot: Readonly<Record<string, never>>
}

export type JobName = keyof JobData

export const JOBS = [
  'verify',
  'redrive',
  'audit',
  'dump',
  'dump-verify',
  'drill',
  'ship',
  'sweep',
  'report',
  'doctor',
  'canary',
  'snapshot',
] as const satisfies readonly JobName[]
