package dev.varve.client;

/** A delete named a key that does not exist. Nothing was changed. */
public final class NotFoundException extends VarveException {
    private static final long serialVersionUID = 1L;

    NotFoundException(String message) {
        super(message, null);
    }
}
