/**
 * Storage on Raft. Only this module knows the consensus engine.
 *
 * <p>{@link dev.varve.replication.ReplicaNode} is one member of a group that keeps the same store on several nodes:
 *
 * <pre>{@code
 * ReplicaNode node = ReplicaNode.start(Begin.FOUND, options, transport, environment, directory, sizes);
 * node.put(key, value).thenAccept(revision -> ...);     // on the leader; done once a majority has it and it was applied here
 * node.close();
 * }</pre>
 *
 * <p>Below it, {@code transport} carries messages between nodes and {@code raft} gives JRaft our log. The write sequencer,
 * in {@code sequencer}, decides what is written, on one node as on many.
 *
 * <p>Threads: a node's methods may be called from any thread; futures are completed on the thread that applies, and what
 * hangs on them must not block.
 */
@NullMarked
package dev.varve.replication;

import org.jspecify.annotations.NullMarked;
