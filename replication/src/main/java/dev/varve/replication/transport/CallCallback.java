package dev.varve.replication.transport;

/** Told once how a call of another node ended. */
public interface CallCallback {

    /** The peer has answered. */
    void answered(byte[] body);

    /**
     * There is no answer.
     *
     * @param unsent true if the peer has certainly not had the request; false if it may have, and may yet act on it
     * @param why in words
     */
    void failed(boolean unsent, String why);
}
