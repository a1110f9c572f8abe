/** A member who lies, over HTTP and the socket of a real server, while Alice and Bob talk: one world for all his lies. */
import './hostile-client/documents.ts'
import './hostile-client/requests.ts'
import './hostile-client/hub.ts'
import './hostile-client/items.ts'
import './hostile-client/tickets.ts'
import './hostile-client/parted.ts'
