/** What the API's document says before its calls: how one asks, what may be asked twice, and what is not here. Markdown, shown at /swagger. */
export const apiGuide = `
Everything that people say is sealed on their devices; the server sees who talks when, and never what. These calls carry sealed
bytes, signatures and public keys. A program is spared all of it by the client in the package \`kith\` (docs/bots.md).

**Who asks.** \`Authorization: Bearer <access token>\`, good for ten minutes; \`POST /auth/refresh\` gives the next for a refresh token and the
device's signature. Tokens never stand in a URL.

\`\`\`sh
curl -H "authorization: Bearer $TOKEN" https://kith.example/api/v1/conversations
\`\`\`

**Errors** are Problem Details (RFC 9457): \`code\` is stable, \`retry\` says whether the same request may ever succeed, \`retryAfterMs\` and \`Retry-After\` when.

\`\`\`json
{ "type": "urn:kith:problem:rate-limited", "title": "Too many requests; wait a little.", "status": 429,
  "code": "rate-limited", "number": 4, "retry": "later", "retryAfterMs": 1200 }
\`\`\`

**What changed since.** Lists that grow take where you stand and say where you stand then: \`since\` and \`version\` of settings, friends and pages
(\`GET /conversations/{conversation}/heads?since=41\`), \`from\` of logs (\`GET /conversations/{conversation}/log?from=7\`) and of files, \`after\` and \`next\` of
accounts. A page of messages is read as a whole, and only where its digest differs from yours. Each JSON answer to a GET has an \`ETag\`: brought back in
\`If-None-Match\` it costs no body (304) where nothing has changed. No cache keeps an answer (\`no-store\`); you may.

**Asked twice.** What writes names what it writes, so a request whose answer was lost may be sent again: an entry stands at one place of its log
(\`stale-head\` says that it is taken, perhaps by you), a conversation and an account are named by the hash of their first entry (\`conversation-exists\`),
an event by its id (a duplicate is acknowledged), a file by its id and offset (tus 1.0), a setting and a vault by their version.

What makes something new each time takes an \`Idempotency-Key\`: 16 to 64 characters, drawn anew for each thing that you want, a UUID for example. Within a day the
same request with the same key is answered as the first time, and done once; a refusal is not kept. \`key-reused\` (422) says that the key stands for another request,
\`under-way\` (409) that the first is being answered. When a server died in the middle, the key is free again after a minute: look whether it was done. An account
has 500 keys a day. The calls that take one say so.

\`\`\`sh
curl -H "authorization: Bearer $TOKEN" -H "idempotency-key: $(uuidgen)" -H "content-type: application/json" \\
  -d '{"uses":1,"days":7}' https://kith.example/api/v1/invites
\`\`\`

**Bodies** are JSON, or the bytes of a file's piece. Unknown fields are passed over. Ids and bytes are base64url without padding, in one spelling; times ms since 1970.

**Live.** \`GET /events\` for who cannot hold a socket, the socket at \`/sync\` for who can.

\`\`\`sh
curl -N -H "authorization: Bearer $TOKEN" -H "last-event-id: $LAST" https://kith.example/api/v1/events
\`\`\`

**Not here.** Alerts are made on devices, out of what they open. Messages are sent over the socket.
`.trim()
