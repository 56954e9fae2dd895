package dev.varve.storage.io;

import java.io.Closeable;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A few threads that read at the same time, since a disk gives several times more when it is asked for much at once. They end when they
 * have had nothing to do for a while. Thread-safe.
 */
public final class ReadThreads implements Closeable {

    private static final int THREADS = 16;
    private static final int QUEUED = 256;
    private static final long IDLE_SECONDS = 10;

    private final ThreadPoolExecutor threads;

    public ReadThreads() {
        this.threads = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(QUEUED),
                Thread.ofPlatform().daemon().name("varve-reader-", 0).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /** Runs all tasks, none of which may throw, and returns when the last has ended. An interrupt of the caller is kept for later. */
    public void run(List<Runnable> tasks) {
        CountDownLatch others = new CountDownLatch(tasks.size() - 1);
        for (Runnable task : tasks.subList(1, tasks.size())) {
            Runnable counted = () -> {
                try {
                    task.run();
                } finally {
                    others.countDown();
                }
            };
            try {
                threads.execute(counted);
            } catch (RejectedExecutionException e) {
                counted.run(); // Many others read, too, or the store is being closed.
            }
        }
        tasks.getFirst().run();
        await(others);
    }

    private static void await(CountDownLatch others) {
        boolean interrupted = false;
        while (others.getCount() > 0) {
            try {
                others.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes no more tasks, which callers then run themselves; those that were taken are run. */
    @Override
    public void close() {
        threads.shutdown();
    }
}
