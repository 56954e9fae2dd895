package dev.varve.client;

import java.time.Duration;

/** Time and pauses, so that tests need neither. */
interface Waiter {

    /** The machine's own. */
    Waiter SYSTEM = new Waiter() {
        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public void sleep(Duration pause) throws InterruptedException {
            Thread.sleep(pause);
        }
    };

    /** A time that only grows, in nanoseconds. */
    long nanoTime();

    /** Blocks for so long. */
    void sleep(Duration pause) throws InterruptedException;
}
