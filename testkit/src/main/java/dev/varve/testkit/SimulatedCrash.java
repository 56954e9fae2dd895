package dev.varve.testkit;

/** The simulated machine has stopped: thrown by the call at which it did, and by every call after it. */
public final class SimulatedCrash extends Error {

    private static final long serialVersionUID = 1L;

    SimulatedCrash(String message) {
        super(message);
    }
}
