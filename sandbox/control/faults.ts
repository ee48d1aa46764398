import { jsonReply, readJson } from '../http/json.ts'
import { checkFaults } from '../faults/check.ts'
import type { ControlAction } from './service.ts'

export const getFaults: ControlAction = (_call, { world }) => jsonReply(200, world.faults.current)

/** Merges the document into the faults in force; a member that is `null` is lifted. Answers with what is in force. */
export const putFaults: ControlAction = async (call, { world }) => {
  const document = await readJson(call)
  checkFaults(document)
  world.faults.merge(document)
  return jsonReply(200, world.faults.current)
}

export const clearFaults: ControlAction = (_call, { world }) => {
  world.faults.clear()
  return { status: 204 }
}
