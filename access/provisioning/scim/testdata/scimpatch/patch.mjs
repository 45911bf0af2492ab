// Patches SCIM resources by the rules of RFC 7644 section 3.5.2, one JSON line in, one out: {"resource": …, "operations": […]}
// becomes {"resource": …} or {"error": …}.
import { createInterface } from 'node:readline'
import scim from 'scim-patch'

for await (const line of createInterface({ input: process.stdin })) {
  const { resource, operations } = JSON.parse(line)
  let answer
  try {
    scim.patchBodyValidation({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations })
    answer = { resource: scim.scimPatch(resource, operations) }
  } catch (e) {
    answer = { error: String(e.message) }
  }
  console.log(JSON.stringify(answer))
}
