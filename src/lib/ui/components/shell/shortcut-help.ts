/** The shortcuts that work today, for the empty pane and the list behind `?`. Keys are written as they stand on keyboards. */
import { m } from '../../messages/catalogue.ts'

export interface ShortcutHelp {
	readonly label: () => string
	readonly keys: readonly string[]
	/** One key after the other instead of together. */
	readonly sequence?: boolean
	/** Works without a modifier, and can be switched off. */
	readonly single?: boolean
	readonly place: 'everywhere' | 'writing' | 'reading'
}

/** What the two keys are called where people press them. */
const isApple = /^(Mac|iP)/u.test(navigator.platform)
const [command, alt] = isApple ? ['⌘', '⌥'] : ['Ctrl', 'Alt']

export const shortcutHelp: readonly ShortcutHelp[] = [
	{ label: m.keys_palette, keys: [command, 'K'], place: 'everywhere' },
	{ label: m.keys_search, keys: ['/'], single: true, place: 'everywhere' },
	{ label: m.keys_next, keys: [alt, '↓'], place: 'everywhere' },
	{ label: m.keys_previous, keys: [alt, '↑'], place: 'everywhere' },
	{ label: m.keys_chats, keys: ['G', 'C'], sequence: true, single: true, place: 'everywhere' },
	{ label: m.keys_rooms, keys: ['G', 'R'], sequence: true, single: true, place: 'everywhere' },
	{ label: m.keys_friends, keys: ['G', 'F'], sequence: true, single: true, place: 'everywhere' },
	{ label: m.keys_alerts, keys: ['G', 'A'], sequence: true, single: true, place: 'everywhere' },
	{ label: m.keys_settings, keys: ['G', 'S'], sequence: true, single: true, place: 'everywhere' },
	{ label: m.keys_open, keys: ['?'], single: true, place: 'everywhere' },
	{ label: m.keys_send, keys: ['Enter'], place: 'writing' },
	{ label: m.keys_newline, keys: ['Shift', 'Enter'], place: 'writing' },
	{ label: m.keys_bold, keys: [command, 'B'], place: 'writing' },
	{ label: m.keys_italic, keys: [command, 'I'], place: 'writing' },
	{ label: m.keys_code, keys: [command, 'E'], place: 'writing' },
	{ label: m.keys_edit_last, keys: ['↑'], place: 'writing' },
	{ label: m.keys_leave, keys: ['Esc'], place: 'writing' },
	{ label: m.keys_messages, keys: ['↑', '↓'], place: 'reading' },
	{ label: m.keys_message_reply, keys: ['R'], place: 'reading' },
	{ label: m.keys_message_react, keys: ['+'], place: 'reading' },
	{ label: m.keys_message_edit, keys: ['E'], place: 'reading' },
	{ label: m.keys_message_info, keys: ['I'], place: 'reading' },
	{ label: m.keys_message_forward, keys: ['F'], place: 'reading' },
	{ label: m.keys_message_delete, keys: ['Delete'], place: 'reading' },
	{ label: m.keys_message_menu, keys: ['Enter'], place: 'reading' },
]
