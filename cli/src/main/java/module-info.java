/** The {@code varve} program. */
@SuppressWarnings("module") // The benchmarks are compiled later, so javac cannot see them here.
module dev.varve.cli {
    requires HdrHistogram;
    requires ch.qos.logback.classic;
    requires ch.qos.logback.core;
    requires dev.varve.client;
    requires dev.varve.server;
    requires dev.varve.storage;
    requires info.picocli;
    requires java.management;
    requires me.tongfei.progressbar;
    requires org.jline.terminal;
    requires org.slf4j;
    requires org.snakeyaml.engine;
    requires static com.google.errorprone.annotations;
    requires static transitive org.jspecify;

    exports dev.varve.cli to
            dev.varve.bench;
    exports dev.varve.cli.chart to
            dev.varve.bench;

    provides ch.qos.logback.classic.spi.Configurator with
            dev.varve.cli.server.LogConfiguration;

    opens dev.varve.cli to
            info.picocli;
    opens dev.varve.cli.bench to
            info.picocli;
    opens dev.varve.cli.cluster to
            info.picocli;
    opens dev.varve.cli.inspect to
            info.picocli;
    opens dev.varve.cli.server to
            info.picocli;
    opens dev.varve.cli.status to
            info.picocli;
    opens dev.varve.cli.transfer to
            info.picocli;
}
