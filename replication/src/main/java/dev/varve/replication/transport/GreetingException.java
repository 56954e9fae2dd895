package dev.varve.replication.transport;

/** The two sides of a connection cannot talk; the message says why, for those who run the nodes. */
final class GreetingException extends Exception {

    private static final long serialVersionUID = 1L;

    GreetingException(String words) {
        super(words);
    }
}
