// Where a group stands, in a file of its own because every part of the port speaks of it.

/** empty: no members; assigning and reconciling: partitions are on the move; stable: every member has its own. */
export type GroupState = 'empty' | 'assigning' | 'reconciling' | 'stable' | 'dead'
