package dev.varve.replication.cluster;

import dev.varve.storage.state.Founding;

/** Numbers of our own messages between nodes, which never change, and the names in them. */
final class Messages {

    /** A command for the leader. */
    static final int FORWARD = 64;
    /** Asks a node what it says of itself. */
    static final int STATUS = 65;
    /** Asks to be taken in as a member. */
    static final int JOIN = 66;
    /** A change of the members for the leader. */
    static final int CHANGE = 67;
    /** Asks a leader for its last checkpoint. */
    static final int CHECKPOINT = 72;
    /** Asks for a piece of a file of a checkpoint. */
    static final int PIECE = 73;
    /** All of a checkpoint has been fetched. */
    static final int FETCHED = 74;

    /** Has a revision kept, to be read by another node. */
    static final int SNAPSHOT = 80;
    /** What a range holds as of such a revision. */
    static final int ROWS = 81;
    /** The digest of that. */
    static final int DIGEST = 82;
    /** Lets go of such a revision. */
    static final int RELEASE = 83;

    private Messages() {}

    /** The name of the cluster whose stores have this incarnation; JRaft wants a letter in front. */
    static String cluster(long incarnation) {
        return "c" + Long.toHexString(incarnation);
    }

    /** The incarnation of the stores of a cluster. */
    static long incarnation(String cluster) {
        return Long.parseUnsignedLong(cluster, 1, cluster.length(), 16);
    }

    /** The name of the node that a member lives on. */
    static String node(String memberId) {
        int end = memberId.indexOf(Founding.SEPARATOR);
        return end < 0 ? memberId : memberId.substring(0, end);
    }
}
