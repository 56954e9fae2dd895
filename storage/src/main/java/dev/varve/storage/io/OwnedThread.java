package dev.varve.storage.io;

import java.util.concurrent.locks.LockSupport;

/**
 * A named daemon thread that one object owns: it starts it, tells it to end in a way of its own, and joins it before it lets go of what
 * the thread uses. It is never interrupted, since on some systems that closes the channel that it reads or writes: see {@link ChannelFile}.
 */
public final class OwnedThread {

    /** A thread of this nice value gets a third of what others get. */
    private static final int NICENESS = 5;

    private final Thread thread;

    /** A thread that has not been started. */
    public OwnedThread(String name, Runnable work) {
        this.thread = Thread.ofPlatform().name(name).daemon(true).unstarted(work);
    }

    /** The same for work that has time: the thread gives way to others for the processor, where the system knows how to. */
    public static OwnedThread patient(String name, Runnable work) {
        return new OwnedThread(name, () -> {
            LinuxCalls calls = LinuxCalls.instance();
            if (calls != null) {
                calls.setNiceness(NICENESS);
            }
            work.run();
        });
    }

    /** Starts it; once. */
    public void start() {
        thread.start();
    }

    /** Wakes it, or spares it its next {@link LockSupport#park}. */
    public void unpark() {
        LockSupport.unpark(thread);
    }

    /** Waits until it has ended; returns at once if it was never started. An interrupt of the caller is kept for later. */
    public void join() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
