/** What the demo asks of its sandbox beside AWS: the control endpoint below `/_sandbox/`. */
import { LandfallError } from '../domain/errors.ts'

/** Orders faults (the document's shape: sandbox/types.ts, `Faults`). */
export async function orderFaults(sandboxUrl: string, faults: object): Promise<void> {
  await control(sandboxUrl, 'faults', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(faults),
  })
}

/** Ids of the versions of which the sandbox dropped at least one event, on order. */
export async function droppedVersions(sandboxUrl: string): Promise<ReadonlySet<string>> {
  const { versions } = (await (await control(sandboxUrl, 'dropped')).json()) as { versions: string[] }
  return new Set(versions)
}

async function control(sandboxUrl: string, action: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(new URL(`/_sandbox/${action}`, sandboxUrl), init)
  if (!response.ok)
    throw new LandfallError('INTERNAL', `the sandbox refused ${action}: ${response.status} ${await response.text()}`)
  return response
}
