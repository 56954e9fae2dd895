/** What the tests of all modules share. */
module dev.varve.testkit {
    requires transitive dev.varve.storage;
    requires tools.jackson.core;
    requires static transitive org.jspecify;

    exports dev.varve.testkit;
    exports dev.varve.testkit.history;
    exports dev.varve.testkit.network;
}
