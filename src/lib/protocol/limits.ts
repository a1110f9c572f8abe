/**
 * Every number of the protocol, with its unit and its reason. Sizes in bytes, times in milliseconds.
 * A format's maximum may be raised later without changing any byte that was ever accepted.
 */

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const KiB = 1024

// Accounts

/** Live devices of an account: bounds the VK boxes of a rekey (DEV5). */
export const DEVICES_LIVE_MAX = 16
/** Devices certified by devices within DEVICES_WINDOW: a thief with an open laptop cannot flood the list (DEV6). */
export const DEVICES_BY_DEVICES_MAX = 2
export const DEVICES_WINDOW = day
/** Unlock methods of an account at one time (ENC8). */
export const METHODS_MAX = 16
/** Devices in one revokeDevice; more than can be live, because retired ones may be revoked too (ENC8). */
export const REVOKED_AT_ONCE_MAX = 64
/** Between a proposal and its execution: time for the owner to see one of the daily alerts (ACC15). */
export const PROPOSAL_DELAY = 14 * day
/** Between alerts about an open proposal (ACC15). */
export const PROPOSAL_ALERT_INTERVAL = day
/** How far the time of a new log entry may lie from the server's time (LOG13). */
export const ENTRY_TIME_TOLERANCE = minute
/** An encoded account entry body: 16 methods are 1.1 KiB (ENC8). */
export const ACCOUNT_BODY_MAX = 8 * KiB
/** Rival heads that one resolveFork drops (ENC8). */
export const FORK_HEADS_MAX = 16
/** Entries between the two heads of a fork proof (ENC8). */
export const FORK_PATH_MAX = 16_384
/** A freed name stays closed, so that nobody takes over what friends still have in mind. */
export const NAME_CLOSED_FOR = 90 * day
/** A QR pairing of a new device; it is single-use besides. */
export const PAIRING_LIFETIME = 2 * minute
/** Every vault version is kept that long, so that a bad one never replaces the last good one (VLT8). */
export const VAULT_VERSIONS_KEPT_FOR = 30 * day
/** An encoded vault before encryption: 100 rekeys and 2,000 pins (ENC8). */
export const VAULT_MAX = 1024 * KiB
/** AK and SK generations in a vault (ENC8). */
export const VAULT_GENERATIONS_MAX = 4096
/** Pinned contacts in a vault (ENC8). */
export const VAULT_PINS_MAX = 4096
/** One account entry (settings, drafts) before encryption (ENC8). */
export const ACCOUNT_ENTRY_MAX = 64 * KiB
/** Names of one account: settings, and a few for each conversation. */
export const ACCOUNT_ENTRIES_MAX = 10_000
/** How far an hlc of an account entry, marker or event may lie ahead of the server's time (ADM15). */
export const HLC_AHEAD_MAX = minute
/** Name shown, UTF-8 bytes (ENC8). */
export const PROFILE_NAME_MAX = 256

// Conversations

/** Members of a conversation; measured for 1,000, and a rotation's acc list stays below a frame (ENC8). */
export const MEMBERS_MAX = 4096
/** An encoded conversation entry body: acc for MEMBERS_MAX is 224 KiB (ENC8). */
export const CONVERSATION_BODY_MAX = 512 * KiB
/** An invite token in a friend link; the server draws 32 bytes (ENC8). */
export const INVITE_TOKEN_MAX = 64
/** How long messages that disappear live, ms (CNV40): what is shorter nobody could read, what is longer is no lifetime. */
export const LIFETIME_MIN = 1_000
export const LIFETIME_MAX = 366 * 24 * 60 * 60 * 1000
/** Live links of a conversation (ENC8). */
export const LINKS_MAX = 64
/** Encrypted name, topic and picture reference of a conversation (ENC8). */
export const TITLE_MAX = 8 * KiB
/** Name and topic of a group or room, characters (CNV34). */
export const ROOM_NAME_MAX = 128
export const ROOM_TOPIC_MAX = 1024
/** The image of a group or room, bytes: it is shown small (PIC1). */
export const PICTURE_MAX = 48 * KiB
/** Pictures of a conversation that the server keeps, the newest: the one shown, and the one that is about to be (PIC4). */
export const PICTURES_KEPT = 2
/** Devices of one account that one cut names (ENC8). */
export const DEVICES_EVER_MAX = 1024
/** Devices of a cut list: a remove may name several accounts (ENC8). */
export const CUT_DEVICES_MAX = 4096
/** Pages and parts of one device in a cut list (ENC8). */
export const CUT_PAGES_MAX = 65_536
/** An epoch becomes due for rotation after this long, or this many events (EPO11). */
export const EPOCH_DUE_AFTER = 30 * day
export const EPOCH_DUE_EVENTS = 50_000
/** How long what somebody writes is held after it overtook a cut of his (CNV38). */
export const CUT_WAIT = 30 * second
/** A due rotation is leased to one writer at a time (EPO11). */
export const ROTATION_LEASE = minute
/** A rotation not made by then is overdue: writers that can are told to rotate first. */
export const ROTATION_OVERDUE = day
/** The same after a device was lost. */
export const ROTATION_OVERDUE_LOST_DEVICE = hour
/** Items of an ended epoch are admitted for this long after its end, whoever uploads them (ADM13). */
export const EPOCH_STALE_MAX = 7 * day
/** Markers are sent on up to this many members, above it fetched on demand (CNV19). */
export const MARKERS_SENT_MAX_MEMBERS = 50
/** Awareness names each one up to this many members, above it an aggregated list (CNV19). */
export const AWARENESS_MAX_MEMBERS = 50
/** After a restore what was forgotten is taken back for this long (SPEC LOG15). */
export const RECOVERY_WINDOW = 72 * hour
/** After a restore no rotation is leased for so long: who knows more of a log hands it back first (SPEC LOG15). */
export const RECOVERY_QUIET = hour
/** Entries of a log that are handed back at once (SPEC LOG15). */
export const TAIL_ENTRIES_MAX = 4_096
/** After a restore recvSeq goes on at the next multiple of this. */
export const RECV_SEQ_RESTORE_STEP = 2 ** 32

// Pages and events

/** Largest page number: u32 (PAGE1). */
export const PAGE_NUMBER_MAX = 2 ** 32 - 1
/** Parts of a page; beyond them only redacts are admitted (PAGE15). */
export const PARTS_PER_PAGE_MAX = 16
/** The server opens the next page at this many posts (PAGE11) … */
export const PAGE_POSTS = 512
/** … or this many bytes of posts; a page of 512 loads in 10 ms (PAGE11). */
export const PAGE_BYTES = 256 * KiB
/** The old page takes posts for this long after, so that posts in flight land (PAGE11). */
export const PAGE_CLOSES_AFTER = minute
/** Never more than this in a page while it closes (PAGE11). */
export const PAGE_POSTS_MAX = 768
export const PAGE_BYTES_MAX = 384 * KiB
/** Edits, reactions and redactions go to their target's page, then part, up to this size (PAGE13). */
export const PART_BYTES_MAX = 768 * KiB
/** One encoded item (ADM1). */
export const ITEM_MAX = 64 * KiB
/** Targets of one redact (EV2). */
export const REDACT_TARGETS_MAX = 256
/** Plaintext is padded in steps of PADDING_STEP up to PADDING_STEP_MAX, then by Padmé (EV13). */
export const PADDING_STEP = 32
export const PADDING_STEP_MAX = 256
/** New incarnations with a stored row per device, page and day; more would let one device fill a page's state vector (ADM5). */
export const INCARNATIONS_PER_DAY = 8
/** The same in all (ADM5). */
export const INCARNATIONS_MAX = 64
/** Of posts and annotates over the author's own proven connection one in this many is verified (ADM17). */
export const SIGNATURE_SAMPLE = 16
/** Events verified and opened in parallel: never awaited one by one (CHK13). */
export const EVENT_BATCH = 64

// Files

/** Bytes of a file in one chunk: 0.2 ms of AES, and a thousand chunks are 16 KB longer than the file (BLB1). */
export const BLOB_CHUNK = 256 * KiB
/** One blob, whatever the operator allows: 4 GiB, so that its length is exact everywhere (BLB2). */
export const BLOB_MAX = 4 * 1024 * 1024 * KiB
/** Bytes of a blob in one request, up or down: what a broken connection costs at most (BLB6, BLB8). */
export const BLOB_PIECE_MAX = 1024 * KiB
/** A blob that no message names is kept this long: a device may have sent the message and gone offline (BLB9). */
export const BLOB_UNNAMED_FOR = 30 * day
/** An upload that nobody goes on with is kept this long (BLB9). */
export const BLOB_UNFINISHED_FOR = 7 * day

// Boxes (X-Wing, HPKE KEM 0x647a)

export const KEM_PUBLIC_KEY_LENGTH = 1216
export const KEM_ENCAPSULATION_LENGTH = 1120
/** A 32-byte key and its AES-GCM tag (BOX1). */
export const BOX_CIPHERTEXT_LENGTH = 48
/** One upload of staged boxes; 1,000 boxes are 1.2 MB. */
export const STAGED_BOXES_MAX = 4096 * KiB

// Wire

/** One socket frame (WIRE2). */
export const FRAME_MAX = 1024 * KiB
/** Structs of one Yjs update, read before any is built; a full page with reactions has fewer (PAGE5). */
export const UPDATE_STRUCTS_MAX = 8192
/** Entries of one state vector: 36 KiB at 4,000 (WIRE5). */
export const STATE_VECTOR_MAX = 8192
/** States in one awareness message, and UTF-8 bytes of one state's JSON (WIRE5, WIRE6). */
export const AWARENESS_STATES_MAX = 256
export const AWARENESS_STATE_MAX = 2 * KiB
/** A ticket for a stock client (WIRE11). */
export const TICKET_LIFETIME = 30 * second
/** The server nonce that a ticket is signed over: as long as the access token that asked for it (AUTH3). */
export const TICKET_NONCE_LIFETIME = 10 * minute
/** Awareness frame to each provider, which would reconnect after 30 s without a message (WIRE7). */
export const KEEPALIVE_INTERVAL = 20 * second
/** A guid is at most this long: `c/` + 22 + `/` + 10 + `.` + 2 (PAGE1). */
export const GUID_MAX = 38
/** Items of one report: the post and the edit shown, with room for a thread (ENC8). */
export const REPORT_ITEMS_MAX = 16
/** What the reporter writes, UTF-8 bytes (ENC8). */
export const REPORT_TEXT_MAX = 4 * KiB
/** An encoded signed report: a message and its edit, both as large as an item may be (RPT5). */
export const REPORT_MAX = 256 * KiB
/** Owners and admins that one report is sealed to; further ones see it with the others (RPT6). */
export const REPORT_ADMINS_MAX = 64
/** Reports that wait in one conversation, or for the operator of one reporter (RPT5). */
export const REPORTS_WAITING_MAX = 100
/** Account logs in one answer. */
export const ACCOUNTS_ASKED_MAX = 100
/** Accounts in one page of the administration. */
export const ADMIN_PAGE_MAX = 200
/** Conversations offered in one peer session (ENC8). */
export const PEER_CONVERSATIONS_MAX = 1024
/** One frame between peers: what every browser's data channel carries whole (PEER3). */
export const PEER_FRAME_MAX = 192 * KiB
/** Heads, and places, in one frame between peers (PEER3). */
export const PEER_HEADS_MAX = 512
/** Log entries in one frame between peers (PEER3). */
export const PEER_LOG_ENTRIES_MAX = 256
/** Bytes of a chunk of a file in one frame between peers: three are a chunk, and what is said waits for one of them at most (PEER3). */
export const PEER_BLOB_PIECE_MAX = 88 * KiB
/** A bit for each chunk of the largest blob (PEER3). */
export const PEER_CHUNK_BITS_MAX = 2 * KiB
/** Epochs whose keys one peer asks of another in one frame (PEER13). */
export const PEER_BOXES_MAX = 16
/** How a device can be reached, in an offer or answer, and the signal around it (WIRE16). */
export const PEER_DESCRIPTION_MAX = 12 * KiB
export const PEER_SIGNAL_MAX = 13 * KiB
/** Addresses in a code that is shown to a device nearby (PEER17): more make it too fine for a camera. */
export const NEARBY_WAYS_MAX = 4
/** A description that is carried whole in such a code: what a QR code holds. */
export const NEARBY_WHOLE_MAX = 1024
/** Devices with which one conversation is synced directly (PEER7). */
export const PEERS_PER_CONVERSATION = 8
/** Members of a group whose devices may reach each other without being friends (PEER14). */
export const PEER_FELLOWS_MAX = 8
/** Groups in which one device lets fellow members reach it, as it tells the server (WIRE16). */
export const PEER_GROUPS_MAX = 64
/** Items of one device in one page that no server has taken: what peers keep of it (PEER8). */
export const PEER_UNPLACED_MAX = 768

// Guests

/** A guest ends this long after it came, whatever it does (GST6). */
export const GUEST_LIFETIME = day
/** … and this long after it was last heard of (GST6). */
export const GUEST_IDLE = hour
/** Live guests of one node: what they read costs as much as what members read (GST6). */
export const GUESTS_MAX = 1000
/** Live guests of one address; IPv6 counts by /64 (GST6). */
export const GUESTS_PER_ADDRESS = 32

// Authentication

/** Access tokens (JWT). */
export const ACCESS_TOKEN_LIFETIME = 10 * minute
/** Refresh tokens, sliding. */
export const REFRESH_TOKEN_LIFETIME = 30 * day
/** A pending OPAQUE registration, single use. */
export const REGISTRATION_LIFETIME = 10 * minute
/** Server-side state of an OPAQUE sign-in, single use. */
export const LOGIN_LIFETIME = minute
/** How long the token that confirms an e-mail address may lie in a mailbox (EML2). */
export const EMAIL_CONFIRMATION_LIFETIME = day
/** A password must be estimated to hold this many bits: the operator could guess offline (UNL5). */
export const PASSWORD_BITS_MIN = 50
/** Argon2id of OPAQUE, version 1: iterations, memory in KiB, lanes. The RFC profile takes seconds. */
export const STRETCHING = { version: 1, iterations: 3, memoryKiB: 65_536, parallelism: 1 } as const
/** BIP-39 words of a recovery code: 160 bits (UNL4). */
export const RECOVERY_CODE_WORDS = 15
