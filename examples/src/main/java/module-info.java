/** The embedded store in use. */
module dev.varve.examples {
    requires dev.varve.storage;
    requires static transitive org.jspecify;

    exports dev.varve.examples;
}
