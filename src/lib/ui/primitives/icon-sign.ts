/** The lines of an icon, made once and copied from then on. */
export interface IconData {
	readonly name: string
	readonly node: readonly (readonly [tag: string, attributes: Readonly<Record<string, string>>])[]
}

const namespace = 'http://www.w3.org/2000/svg'
const signs = new Map<string, DocumentFragment>()

export function signOf(icon: IconData): Node {
	let sign = signs.get(icon.name)
	if (sign === undefined) signs.set(icon.name, (sign = drawn(icon)))
	return sign.cloneNode(true)
}

function drawn({ node }: IconData): DocumentFragment {
	const sign = document.createDocumentFragment()
	for (const [tag, attributes] of node) {
		const line = document.createElementNS(namespace, tag)
		for (const [name, value] of Object.entries(attributes)) line.setAttribute(name, value)
		sign.append(line)
	}
	return sign
}
