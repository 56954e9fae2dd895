/** Pure codecs of the HTTP and RESP shapes and the error codes. */
module dev.varve.protocol {
    requires tools.jackson.core;
    requires static transitive org.jspecify;

    exports dev.varve.protocol;
}
