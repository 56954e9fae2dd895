/**
 * How the nodes of a cluster talk: the transport below JRaft, on Netty.
 *
 * <p>A node has one {@link dev.varve.replication.transport.RaftTransport}. It listens for the other nodes, and keeps one
 * connection to each of them for its own calls, made again when it breaks. Peers are <em>names</em>; a
 * {@link dev.varve.replication.transport.PeerAddresses} says where a name is found now. Messages are frames (see
 * {@code docs/formats/raft-messages.md}) that carry the protobuf messages of JRaft.
 *
 * <pre>{@code
 * RaftTransport transport = RaftTransport.start(
 *         new TransportIdentity("orders", "n1"), TransportSecurity.none(), addresses, new InetSocketAddress("10.0.0.1", 7000), TransportOptions.defaults());
 * transport.server().registerProcessor(...);    // JRaft's processors
 * }</pre>
 *
 * <p>JRaft finds {@link dev.varve.replication.transport.NettyRpcFactory} as a service and asks it for an
 * {@code RpcClient}; which transport that belongs to follows from the node's options, whose service factory is a
 * {@link dev.varve.replication.transport.TransportSource}.
 *
 * <p>Threads: each transport has one event loop, on which all connections live, and a few workers with bounded queues, on
 * which calls are answered. Requests of one connection are handed to JRaft in the order in which they came; JRaft orders
 * what belongs together on executors of its own.
 *
 * <p>Everything is bounded: the size of a frame, calls in flight in both directions, bytes that wait to be sent,
 * connections, and the time that a stranger has to say who it is.
 */
@NullMarked
package dev.varve.replication.transport;

import org.jspecify.annotations.NullMarked;
