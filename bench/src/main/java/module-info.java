/** Benchmarks of the parts and of the whole. */
module dev.varve.bench {
    requires dev.varve.client;
    requires dev.varve.storage;
    requires io.netty.buffer;
    requires io.netty.codec.http;
    requires io.netty.transport;
    requires jmh.core;
    requires static transitive org.jspecify;

    exports dev.varve.bench;
}
