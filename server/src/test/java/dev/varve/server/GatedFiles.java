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

/** The real file system, whose forces of files can be held up or made to fail, and their reads held up. */
final class GatedFiles {

    private volatile boolean failing;

    /** Guarded by itself. */
    private final Object gate = new Object();

    /** The name of the calls that wait, or nothing; guarded by the gate. */
    private String closedFor = "";

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
        closeGate("sync");
    }

    /** From now on a read that may wait for the disk does. */
    void closeGateForReads() {
        closeGate("read");
    }

    private void closeGate(String method) {
        synchronized (gate) {
            closedFor = method;
        }
    }

    void openGate() {
        synchronized (gate) {
            closedFor = "";
            gate.notifyAll();
        }
    }

    /** Returns once a call waits. */
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
        if (method.getName().equals("readMapped") || method.getName().equals("readResident")) {
            return false; // Else reads would go past the gate.
        }
        pass(method.getName());
        if (failing && method.getName().equals("sync")) {
            throw new IOException("Input/output error");
        }
        try {
            Object result = method.invoke(target, arguments);
            return result instanceof StoreFile file ? proxy(StoreFile.class, file) : result;
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private void pass(String method) throws InterruptedException {
        synchronized (gate) {
            if (closedFor.equals(method)) {
                held.arrive();
            }
            while (closedFor.equals(method)) {
                gate.wait();
            }
        }
    }
}
