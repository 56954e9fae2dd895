/** What the tests of all modules share. */
module dev.varve.testkit {
    requires transitive dev.varve.storage;
    requires static transitive org.jspecify;

    exports dev.varve.testkit;
}
