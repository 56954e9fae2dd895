/**
 * The server beside its peers: durable puts against the disk and etcd, gets against a bare Netty server, in one run.
 *
 * <p>{@link dev.varve.bench.peers.PeerBench} is the command. Each round begins with a new
 * {@link dev.varve.bench.peers.Servers}, one process a server on new directories, and goes through every
 * {@link dev.varve.bench.peers.Workload}: all {@link dev.varve.bench.peers.Contender}s take their turn one behind the other, so
 * that what else happens on the machine meets all of them. What is compared are ratios within a round, of which
 * {@link dev.varve.bench.harness.Results} takes the medians.
 *
 * <p>The load comes from programs in C, {@link dev.varve.bench.peers.Wrk} for HTTP/1.1 and
 * {@link dev.varve.bench.peers.H2load} for gRPC, since the generator has the processors of the servers.
 */
@NullMarked
package dev.varve.bench.peers;

import org.jspecify.annotations.NullMarked;
