package dev.varve.replication.transport;

/** Implemented by the service factory of a Raft node, through which {@link NettyRpcFactory} finds the node's transport. */
public interface TransportSource {

    /** The transport that the node's calls go through. */
    RaftTransport transport();
}
