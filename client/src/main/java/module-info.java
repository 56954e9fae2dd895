/** The Java client of a Varve server. */
module dev.varve.client {
    requires java.net.http;
    requires transitive tools.jackson.core;
    requires static transitive org.jspecify;

    exports dev.varve.client;
}
