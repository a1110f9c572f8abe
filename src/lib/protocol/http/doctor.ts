/** Headers by which `kith doctor` asks through the proxies, and is told, whose address limits would count. */
export const doctorHeaders = { question: 'x-kith-doctor', answer: 'x-kith-caller' } as const
