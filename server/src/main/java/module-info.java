/** One process that serves a store over the network. */
module dev.varve.server {
    requires dev.varve.protocol;
    requires dev.varve.replication;
    requires transitive dev.varve.storage;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.codec.http;
    requires io.netty.common;
    requires io.netty.transport;
    requires io.prometheus.metrics.model;
    requires io.prometheus.writer.text;
    requires java.management;
    requires org.slf4j;
    requires static transitive com.google.errorprone.annotations;
    requires static transitive org.jspecify;

    exports dev.varve.server;
}
