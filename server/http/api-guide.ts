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
accounts. A page of messages is read as a whole, and only where its digest differs from yours.

**Asked twice.** What writes names what it writes, so a request whose answer was lost may be sent again: an entry stands at one place of its log
(\`stale-head\` says that it is taken, perhaps by you), a conversation and an account are named by the hash of their first entry (\`conversation-exists\`),
an event by its id (a duplicate is acknowledged), a file by its id and offset (tus 1.0), a setting and a vault by their version. Invitations, tickets and
bots are new each time: an answer that was lost leaves one that nobody has, in the list, to be taken back.

**Bodies** are JSON, or the bytes of a file's piece. Unknown fields are passed over. Ids and bytes are base64url without padding, in one spelling; times ms since 1970.

**Live.** \`GET /events\` for who cannot hold a socket, the socket at \`/sync\` for who can.

\`\`\`sh
curl -N -H "authorization: Bearer $TOKEN" -H "last-event-id: $LAST" https://kith.example/api/v1/events
\`\`\`

**Not here.** Alerts are made on devices, out of what they open. Messages are sent over the socket. Answers are not cached, but this document, which has an ETag.
`.trim()
