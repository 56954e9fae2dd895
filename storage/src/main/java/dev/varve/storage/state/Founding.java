package dev.varve.storage.state;

/**
 * As what the store of a member of a Raft group is founded.
 *
 * @param node name of the node: letters, digits, dots, hyphens and underscores
 * @param incarnation that of the group, which all its members share, so that revisions compare; 0 to draw one, by which the
 *     group is founded
 * @param votesForItself true if the group begins with this member alone, which the vote file then says; false if it waits to be
 *     taken in, and does not vote before
 */
public record Founding(String node, long incarnation, boolean votesForItself) {

    /** Between the name of a node and the number of the directory that it lives in. */
    public static final char SEPARATOR = ':';

    /**
     * The name of the member: a node whose directory was lost comes back as another member, since this one has forgotten how it
     * voted.
     *
     * @param origin drawn at random with each directory
     */
    String memberId(int origin) {
        return node + SEPARATOR + (origin >>> 1 | 1);
    }
}
