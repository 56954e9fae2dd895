package dev.varve.replication.transport;

import com.alipay.sofa.jraft.error.RemotingException;

/** A call of which certainly no byte has left this node. */
final class NotSentException extends RemotingException {

    private static final long serialVersionUID = 1L;

    NotSentException(String message) {
        super(message);
    }
}
