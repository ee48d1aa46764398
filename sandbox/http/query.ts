import type { Call, Refusal, Reply } from '../types.ts'
import { readText } from './json.ts'
import { xml, type XmlNode } from './xml.ts'

/** The parameters of a query protocol request: from the form body, and from the URL (STS is called by GET, too). */
export async function readForm(call: Call): Promise<URLSearchParams> {
  const form = new URLSearchParams(call.method === 'POST' ? await readText(call) : '')
  for (const [name, value] of call.query) form.append(name, value)
  return form
}

/** `<ActionResponse><ActionResult>...</ActionResult><ResponseMetadata>` of the query protocol. */
export function queryReply(namespace: string, action: string, requestId: string, result: XmlNode | undefined): Reply {
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`
  const inner = result === undefined ? '' : xml(`${action}Result`, result)
  return xmlReply(200, `<${action}Response xmlns="${namespace}">${inner}${metadata}</${action}Response>`)
}

export function queryError(namespace: string, requestId: string, error: Refusal): Reply {
  const fault = xml('Error', {
    Type: error.status >= 500 ? 'Receiver' : 'Sender',
    Code: error.code,
    Message: error.message,
  })
  const id = `<RequestId>${requestId}</RequestId>`
  return xmlReply(error.status, `<ErrorResponse xmlns="${namespace}">${fault}${id}</ErrorResponse>`)
}

function xmlReply(status: number, document: string): Reply {
  return { status, headers: { 'content-type': 'text/xml' }, body: `<?xml version="1.0"?>${document}` }
}
