/**
 * JRaft on our log: what the engine asks of its surroundings, answered by the store.
 *
 * <ul>
 *   <li>{@link dev.varve.replication.raft.VarveLogStorage}: the Raft log is the store's log, a value is written once;
 *   <li>{@link dev.varve.replication.raft.VoteMetaStorage}: term and vote are in the store's vote file;
 *   <li>{@link dev.varve.replication.raft.CheckpointSnapshots}: a snapshot is the last checkpoint in the manifest, and JRaft's
 *       snapshots are nothing but its way to say which part of the log it needs no longer;
 *   <li>{@link dev.varve.replication.raft.ReplicaStateMachine}: committed entries are applied, once this node's own disk has
 *       them;
 *   <li>{@link dev.varve.replication.raft.RaftParts}: hands all of these to JRaft.
 * </ul>
 *
 * <p>{@link dev.varve.replication.raft.RaftEntries} and {@link dev.varve.replication.raft.Configurations} translate between
 * JRaft's entries and ours and do nothing else.
 *
 * <p>Threads: JRaft appends and truncates on its disk thread, applies on its state machine's thread, and reads the log from
 * any thread. What fails in the log, the vote or the state ends the node: JRaft stops it, the node steps down, and it must be
 * opened again.
 */
@NullMarked
package dev.varve.replication.raft;

import org.jspecify.annotations.NullMarked;
