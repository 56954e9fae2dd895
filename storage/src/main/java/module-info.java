/**
 * The embeddable engine. Everybody may use {@code dev.varve.storage}; the log, the formats and the tables below it are
 * open only to the modules of this project that are named here.
 */
@SuppressWarnings("module") // The named modules are compiled later, so javac cannot see them here.
module dev.varve.storage {
    requires org.lz4.java;
    requires com.dynatrace.hash4j;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports dev.varve.storage;
    exports dev.varve.storage.io to
            dev.varve.bench,
            dev.varve.cli,
            dev.varve.replication,
            dev.varve.server,
            dev.varve.testkit;
    exports dev.varve.storage.format to
            dev.varve.bench,
            dev.varve.cli,
            dev.varve.replication,
            dev.varve.testkit;
    exports dev.varve.storage.log to
            dev.varve.bench,
            dev.varve.cli,
            dev.varve.replication,
            dev.varve.testkit;
    exports dev.varve.storage.compaction to
            dev.varve.testkit;
    exports dev.varve.storage.index to
            dev.varve.bench,
            dev.varve.cli,
            dev.varve.replication,
            dev.varve.testkit;
    exports dev.varve.storage.checkpoint to
            dev.varve.bench,
            dev.varve.cli,
            dev.varve.replication,
            dev.varve.testkit;
    exports dev.varve.storage.state to
            dev.varve.bench,
            dev.varve.replication,
            dev.varve.testkit;
}
