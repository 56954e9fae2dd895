package dev.varve.storage.compaction;

import java.util.Set;

/**
 * The next step towards having space back.
 *
 * @param victims ids of the segments that values are moved out of, by this step and by every other merge until they are gone
 * @param step a table that is to be written anew, or level 0, which is to be merged although it is not due
 */
public record Collection(Set<Long> victims, Compaction step) {}
