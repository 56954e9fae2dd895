/**
 * A store as a server serves it, alone or as one of a cluster's.
 *
 * <pre>{@code
 * ServedStore served = LastingNode.start(options, directory, sizes, environment, coldReads);
 * served.submit(command, Durability.MAJORITY, deadline, callback);           // on any node: the leader decides it
 * served.awaitCurrent(Consistency.LINEARIZABLE, deadline, trouble -> ...);   // on any node: then read the store
 * }</pre>
 *
 * <p>{@link dev.varve.replication.cluster.ClusterNode} puts a node together: the router brings commands to the leader, a proposer for each
 * term of leadership gathers writes into entries, rounds of ReadIndex are shared by reads, the board knows what nodes say of
 * themselves, joining makes a node a member, and checkpoints are sent and fetched for members that need more than the log has.
 * {@link dev.varve.replication.cluster.LastingNode} closes it and starts it again, on another store, within the process.
 *
 * <p>Threads: nothing here blocks, but for the start of a node and {@link dev.varve.replication.cluster.ServedStore#close}. Callbacks run
 * on threads of the group or of the network, and must be quick.
 */
@NullMarked
package dev.varve.replication.cluster;

import org.jspecify.annotations.NullMarked;
