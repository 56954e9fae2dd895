package dev.varve.server;

import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.Environment;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.Phaser;

/** The real file system, whose forces of files can be held up or made to fail. */
final class GatedFiles {

    private volatile boolean failing;

    /** Guarded by itself. */
    private final Object gate = new Object();

    private boolean closed;
    private final Phaser held = new Phaser(1);

    Environment environment() {
        Environment system = Environment.system();
        return new Environment(
                proxy(FileSystem.class, DiskFileSystem.instance()),
                system.ticker(),
                system.wallClock(),
                system.random());
    }

    /** From now on a force waits. */
    void closeGate() {
        synchronized (gate) {
            closed = true;
        }
    }

    void openGate() {
        synchronized (gate) {
            closed = false;
            gate.notifyAll();
        }
    }

    /** Returns once a force waits. */
    void awaitHeld() {
        held.awaitAdvance(0);
    }

    /** From now on a force fails. */
    void failSyncs() {
        failing = true;
    }

    private <T> T proxy(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> call(target, method, arguments)));
    }

    private Object call(Object target, Method method, Object[] arguments) throws Throwable {
        if (method.getName().equals("sync")) {
            pass();
        }
        try {
            Object result = method.invoke(target, arguments);
            return result instanceof StoreFile file ? proxy(StoreFile.class, file) : result;
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private void pass() throws IOException, InterruptedException {
        synchronized (gate) {
            if (closed) {
                held.arrive();
            }
            while (closed) {
                gate.wait();
            }
        }
        if (failing) {
            throw new IOException("Input/output error");
        }
    }
}
