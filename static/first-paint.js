// Before anything is painted: the theme that was chosen, else the system's. The same key as in Theme.svelte of the app.
;(() => {
	const systemIsDark = matchMedia('(prefers-color-scheme: dark)')

	function apply() {
		let mode = 'system'
		try {
			mode = localStorage.getItem('kith.mode') ?? 'system'
		} catch {
			// Storage is switched off: the system decides.
		}
		const dark = mode === 'dark' || (mode !== 'light' && systemIsDark.matches)
		const root = document.documentElement
		root.classList.toggle('dark', dark)
		root.style.colorScheme = dark ? 'dark' : 'light'
		document.querySelector('meta[name="theme-color"]')?.setAttribute('content', dark ? '#0f0e0c' : '#f6f4f0')
	}

	apply()
	systemIsDark.addEventListener('change', apply)
})()
