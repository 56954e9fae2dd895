/** Benchmarks of the parts and of the whole. */
module dev.varve.bench {
    requires HdrHistogram;
    requires com.h2database.mvstore;
    requires dev.varve.cli;
    requires dev.varve.client;
    requires dev.varve.storage;
    requires info.picocli;
    requires io.netty.buffer;
    requires io.netty.codec.http;
    requires io.netty.transport;
    requires java.net.http;
    requires jmh.core;
    requires lmdbjava;
    requires rocksdbjni;
    requires static transitive org.jspecify;

    exports dev.varve.bench;

    opens dev.varve.bench.engines to
            info.picocli;
    opens dev.varve.bench.peers to
            info.picocli;
    opens dev.varve.bench.soak to
            info.picocli;
}
