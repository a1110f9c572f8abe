/** Who lives in the demo, and what they wrote to each other before anybody came to look. */

export type Name = 'ada' | 'grace' | 'alan'

/** For all three. It is printed, and it stands here: a demo is for this machine only. */
export const demoPassword = 'tide tables on the fridge door'

export const displayNames: Readonly<Record<Name, string>> = { ada: 'Ada', grace: 'Grace', alan: 'Alan' }

export interface Line {
	readonly from: Name
	readonly to: Name
	/** Days ago, and the time of that day where the demo runs. */
	readonly day: number
	readonly time: `${number}:${number}`
	readonly text: string
}

function talk(
	day: number,
	pair: readonly [Name, Name],
	lines: readonly (readonly [Name, Line['time'], string])[],
): Line[] {
	const other = (name: Name) => (name === pair[0] ? pair[1] : pair[0])
	return lines.map(([from, time, text]) => ({ from, to: other(from), day, time, text }))
}

/** In the order of time. */
export const lines: readonly Line[] = [
	...talk(
		5,
		['ada', 'grace'],
		[
			['ada', '17:42', 'Welcome! This is our own server now, under my desk.'],
			['grace', '17:45', 'It hums a little in my imagination. What happens when you unplug it?'],
			['ada', '17:46', 'Then we read what we have, write what we like, and it goes out when I plug it in again.'],
			['grace', '17:48', 'A ship in a bottle that sails. I like it.'],
		],
	),
	...talk(
		4,
		['ada', 'alan'],
		[
			['alan', '09:10', 'Morning. I will look after the house while you two are at sea.'],
			['ada', '09:12', 'Bless you. The ferns need water on Thursday, the cat needs opinions every day.'],
			['alan', '09:13', 'I have plenty of both.'],
		],
	),
	...talk(
		3,
		['ada', 'grace'],
		[
			['grace', '12:03', 'Did you pack the chart of the estuary?'],
			['ada', '12:20', 'Packed. And a second one, because you will spill tea on the first.'],
			['grace', '12:21', 'That was once. In 2019.'],
			['ada', '12:22', 'Twice.'],
		],
	),
	...talk(
		2,
		['ada', 'grace'],
		[
			['grace', '19:30', 'What time do we have to be over the bar on Saturday?'],
			['ada', '19:34', 'The tide tables are on the fridge.'],
			['grace', '19:35', 'Your fridge is forty miles away.'],
			['ada', '19:36', 'High water at 10:52, so we leave at half past nine. Bring the good rope.'],
		],
	),
	...talk(
		2,
		['grace', 'alan'],
		[
			['grace', '20:05', 'She hangs the tide tables on her fridge, Alan.'],
			['alan', '20:06', 'I know. I am looking at them. There is also a drawing of a whale.'],
		],
	),
	...talk(
		1,
		['ada', 'alan'],
		[
			['ada', '08:15', 'Is everything still standing?'],
			['alan', '08:17', 'Everything that stood before. Write to me whenever you like, I am here.'],
		],
	),
	...talk(1, ['ada', 'grace'], [['grace', '21:40', 'Rope is by the door. See you at half past nine!']]),
]
