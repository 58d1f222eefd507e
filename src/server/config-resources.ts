// Kafka's numbers of the things that have configs.

export const RESOURCE_TYPES = { topic: 2, broker: 4, group: 32 } as const
