/**
 * Storage on Raft.
 *
 * <p>JRaft stands on the class path, not the module path: its jar holds classes of the package {@code com.google.protobuf},
 * which protobuf's own jar holds too. It is therefore not required here; the compiler is told to let this module read the
 * class path.
 */
module dev.varve.replication {
    requires transitive dev.varve.storage;
    requires static com.google.errorprone.annotations;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.transport;
    requires java.naming;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports dev.varve.replication.cluster;
    exports dev.varve.replication.sequencer;
}
